// What the screens of segments say.
import { count } from './format'

export const SEGMENTS = {
  title: 'Segments',
  search: 'Find by name, meaning, owner or rule',
  sort: 'Sort',
  sorts: [
    ['name', 'By name'],
    ['people', 'Most people'],
    ['came', 'Most came today'],
  ] as const,
  columns: {
    segment: 'Segment',
    people: 'People',
    came: 'Came in 24 hours',
    owner: 'Owner',
    used: 'Used by',
  },
  columnsShared: {
    segment: 'Segment',
    both: 'In both',
    part: 'Of these people',
    people: 'Its people',
  },
  found: (found: string, total: string) => `${found} of ${total} segments`,
  asOf: (at: string, of: string) => `counted at ${at} over ${of} people`,
  asWorkedOut: (at: string, of: string, all: string) =>
    `worked out at ${at} from ${of} of ${all} people, drawn as if by lot`,
  giveOrTake: (within: string) => `give or take ${within}`,
  none: 'No segments yet',
  noneWhy:
    'A segment is everyone of whom a rule holds: journeys begin with it, ask for it, and lists at destinations follow it.',
  nothing: 'No segment like this',
  nothingWhy: 'Nothing has this word in its name, meaning, owner or rule.',
  showAll: 'Show all segments',
  page: (from: string, to: string, of: string) => `${from} to ${to} of ${of}`,
  earlier: 'Earlier',
  later: 'Later',
  draft: 'Draft',
  drafts: 'Drafts',
  unused: 'nothing yet',
  someone: (rule: string) => `${rule.charAt(0).toUpperCase()}${rule.slice(1)}`,
  share: (part: string) => `${part} of everybody`,

  begin: 'New segment',
  beginWhat:
    'It begins as a draft of its own: nothing runs and nobody is told until you propose it and it is applied.',
  name: 'Name in definitions',
  nameHint: 'Small letters, digits and _, as in new_customers',
  titleLabel: 'What people call it',
  owner: 'Owner: the team that answers for it',
  beginDo: 'Begin this segment',
  mayNot: (role: string) =>
    `The role ${role} looks at segments; marketers, approvers and engineers draft them.`,

  rule: 'Who is in it',
  ruleRuns: 'What runs now',
  definition: 'What it means',
  definitionHint: 'A sentence for the data dictionary',
  about: 'About it',
  people: 'People now',
  came: 'Came in 24 hours',
  cameWhy: 'and are still in it. Who left is not counted here.',
  notYet: 'Not in force yet',
  notYetWhy:
    'The size below is of people as they stand. When it is applied, its past is measured first; from then on people come and go with every event.',
  measuring: (done: number, total: number) =>
    `The past is being measured for a plan to come: ${count(done)} of ${count(total)} people. New segments run when that is done.`,
  sample: 'Some of its people',
  sampleNone: 'Nobody is in it now.',
  since: 'in it since',
  more: 'Show more people',
  usedBy: 'Used by',
  usedNone: 'Nothing uses it yet. A journey, list or suppression that names it would stand here.',
  usedMore: (others: number) => `and ${count(others)} more`,
  keeps: 'Keeps lists at',
  overlap: 'Shared with other segments',
  overlapNone: 'None of its people is in another segment.',
  overlapChart: (title: string) => `Share of the people of ${title} who are in other segments too`,
  few: 'fewer than 5',
  lens: 'How it is shown',
  lenses: [
    ['', 'Rule'],
    ['text', 'Text'],
  ] as const,
  text: 'As it is written',
  textOf: (file: string) => `Text of ${file}`,
  textWhy: (file: string) =>
    `The whole of ${file}, as the rule edits it: what you change here stands in the rule, and the other way round.`,
  sentence: (words: string) =>
    words === '' ? 'It says no rule yet that can be read.' : `It says: ${words}.`,
  reading: 'Reading it…',
  away: 'Legato is away: kept on this device',
  file: (file: string, line: number) => `${file}, line ${line}`,

  same: 'Nothing changed',
  saving: 'Saving…',
  changed: 'Changed',
  saved: (at: string) => `Draft saved ${at}`,
  notSaved: 'Not saved',
  undo: 'Undo',
  discard: 'Discard draft',
  discardWhy: 'The draft goes, for everybody. What runs stays as it is.',
  rename: 'Rename',
  renameWhy:
    'The definitions that name it follow in the same draft: journeys, other segments, terms. Scenarios do not.',
  renameDo: 'Rename in a draft',
  clash: (who: string) => `${who} has saved another state of this draft meanwhile`,
  clashWhy: 'Yours is still here. Take theirs, or keep yours over it.',
  theirs: 'Take theirs',
  mine: 'Keep mine',
  gone: 'This draft was discarded meanwhile',
  moved: 'What runs has changed since this draft was begun',
  movedWhy: 'Put your changes onto what runs now; then it can be proposed.',
  movedDo: 'Put them onto what runs',
  waits: 'Proposed as change',
  propose: 'Propose this change',
  proposeWhat:
    'Whoever has to agree sees what changes, in words and as text. Nothing runs before it is applied.',
  proposeTitle: 'What it does, in a few words',
  proposeWhy: 'Why',
  hasProblems: 'Something is wrong with it still: put it right first.',
  elsewhere: 'Other definitions are wrong with this draft',
} as const

/** Over how many it was counted; of very many, that it is worked out of some. */
export function countedOver(at: string, of: number, everybody: number): string {
  if (of >= everybody) return SEGMENTS.asOf(at, count(of))
  return SEGMENTS.asWorkedOut(at, count(of), count(everybody))
}

/** A number of people, marked where it is worked out and not counted. */
export function figure(people: number, within: number): string {
  return within === 0 ? count(people) : `≈ ${count(people)}`
}
