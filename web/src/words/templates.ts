// What is said of journeys that ship as templates.
export const TEMPLATES = {
  blank: 'Begin with nothing',
  title: 'Or with a template',
  why: 'Each brings its messages, events and scenarios along, as a draft that you edit.',
  search: 'Search templates',
  none: 'No template is like that.',
  starts: (names: string) => `Listens to ${names}`,
  from: (names: string) => `Takes in ${names}`,
  sends: (names: string) => `Sends by ${names}`,
  lacks: (names: string) => `Not here: ${names}`,
  all: 'All templates',
  what: 'What comes along',
  hows: {
    missing: 'To put right in the draft',
    renamed: 'Under another name',
    left_out: 'Left out',
    new: 'Comes along',
    yours: 'Yours is used',
  },
  problems: (n: number) =>
    n === 1
      ? 'One problem is left for the draft. It says what puts it right:'
      : `${n} problems are left for the draft. Each says what puts it right:`,
} as const
