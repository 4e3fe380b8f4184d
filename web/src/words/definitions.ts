// What the screen of definitions as files says.
import { count } from './format'

export const DEFINITIONS = {
  rail: 'Definitions',
  title: 'Definitions as files',
  lead: 'What is drawn here and what is written in version control are the same texts. Take them out, commit them, bring others in: comments and layout stay, byte for byte.',

  find: 'Find a definition or a file',
  kind: 'Kind',
  allKinds: 'All kinds',
  columns: { name: 'Definition', kind: 'Kind', place: 'Where it is written', out: 'Take out' },
  takeOut: (name: string) => `Take out ${name}`,
  all: 'Export all',
  allWith: 'Export with keys',
  leftOut: (files: number) =>
    files === 1
      ? 'One file may hold keys, and is not in the archive.'
      : `${count(files)} files may hold keys, and are not in the archive.`,
  shut: 'may hold keys',
  shown: (shown: string, all: string) => `${shown} of ${all} definitions`,
  more: 'Show more',
  none: 'No such definition',
  noneWhy: 'Nothing is called so, and no file either. Try a shorter word.',
  showAll: 'Show all',

  drop: 'Drop YAML files, a folder or a ZIP archive here',
  dropWhy:
    'Nothing changes by that: you see what they would change first. A file by itself goes to where its definitions stand.',
  choose: 'Choose files',
  chooseFolder: 'Choose a folder',
  mayNot: (role: string) =>
    `The role ${role} does not compare definitions. Marketers, approvers, engineers and admins do.`,
  nothingChosen: 'No YAML and no ZIP archive is among these.',
  tooLarge: 'These are more than 5 MB, which is more than any workspace. Bring what differs.',
  brought: (files: number) =>
    files === 1 ? 'One file was brought' : `${count(files)} files were brought`,
  putAway: 'Put away',
  again: 'Bring others',
  comparing: 'Comparing them with what runs',

  same: 'Nothing differs from what runs',
  sameWhy: (files: number) =>
    files === 1
      ? 'The file is byte for byte what runs.'
      : `All ${count(files)} files are byte for byte what runs.`,
  sameCount: (files: number) =>
    files === 1 ? 'One file is the same' : `${count(files)} files are the same`,
  wrong: (problems: number) =>
    problems === 1
      ? 'One mistake stands in the way'
      : `${count(problems)} mistakes stand in the way`,
  mistakes: 'Mistakes',
  wrongWhy:
    'Nothing is lost: put them right in the files and bring them again, or keep them as a draft and put them right there.',
  fix: 'To fix',

  files: 'Files',
  fileColumns: { file: 'File', how: 'How it differs', what: 'What of it' },
  hows: { changed: 'Changed', new: 'New', gone: 'Goes' },
  words: 'Comments and layout only',
  passed: (files: number) =>
    files === 1 ? 'One file was passed over' : `${count(files)} files were passed over`,
  within: (given: string, file: string) => `${given} goes into ${file}`,

  changes: 'What would change',
  changeColumns: { name: 'Definition', what: 'What', means: 'For people' },
  kinds: { safe: 'Safe', migrating: 'People are in it', breaking: 'Breaking' },
  newJourney: 'It is new.',
  steps: 'Step by step',
  onlyWords: 'Nothing that runs would change: only comments, layout or stories.',

  absent: (files: number) =>
    files === 1
      ? 'One running file is not among them'
      : `${count(files)} running files are not among them`,
  absentWhy: 'They stay, unless you say that they go.',
  absentGo: 'They go',
  comments: (comments: number) =>
    comments === 1
      ? 'One comment of what runs is not in these files'
      : `${count(comments)} comments of what runs are not in these files`,
  commentsWhy: 'Each is kept at the line that it is about.',
  commentsKeep: 'Keep them',

  beside: (name: string, files: string) => `“${name}” is a draft of ${files} too`,
  besideWhy: (who: string, when: string) =>
    `Saved by ${who} at ${when}. It stays as it is, whatever becomes of these files.`,
  besideOpen: 'Open it',
  besideBring: 'Bring these into it',
  besideTitle: (name: string) => `Bring these files into “${name}”`,

  next: 'What becomes of them',
  draft: 'Keep as a draft',
  draftWhy: 'To look at it on the canvas, rehearse it, and publish it from there.',
  noDraft: 'Drafts are of journeys and segments, and these change none by itself: propose them.',
  draftShut: 'Files that may hold keys are left out of a draft, which everybody here may see.',
  draftTaken: 'Of this segment there is a draft already: open it, or propose these files.',
  draftName: 'From files',
  propose: 'Propose',
  proposeWhy: 'As a change, with the same approvals as any other.',
  name: 'What it does, in a few words',
  why: 'Why it is wanted',
  mayNotPropose: (role: string) =>
    `The role ${role} does not propose changes. Marketers, approvers, engineers and admins do.`,
  takeWords: 'Take the texts over',
  takeWordsWhy: 'Nobody is concerned, so nobody has to approve it. It goes on the audit.',
  mayNotTake: 'Somebody who may apply definitions takes such texts over.',
  taken: 'The texts were taken over',
  hasProblems: 'There are mistakes to put right first.',
}
