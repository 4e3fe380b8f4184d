// What the customer's screen says of who somebody is: joined from whom, and who may be the same.
const ROLES = 'Privacy, engineers and admins do.'

export const IDENTITY = {
  known: 'Known as',
  since: 'since',
  joined: 'Joined from',
  joinedNone: 'Nobody else was ever joined to this customer.',
  one: (id: string) => `Customer ${id}`,
  by: (kind: string) => `by ${kind}`,
  byHand: 'by hand',
  unknownWhen: 'before what is shown here',
  split: 'Split off…',
  mayNot: (role: string) => `The role ${role} does not say who is who. ${ROLES}`,
  maybe: 'May be the same person',
  maybeNone: 'Nobody who waits for an answer looks like this customer.',
  look: 'Look for matches',
  looking: (done: string, total: string) => `Comparing: ${done} of ${total}`,
  begun: 'Beginning to compare…',
  looked: (found: number) =>
    found === 1 ? '1 pair waits for an answer.' : `${found} pairs wait for an answer.`,
  sure: (share: string) => `${share} sure`,
  shared: 'What they share',
  join: 'They are one…',
  reject: 'They are two…',
  reason: 'How you know',
  reasonPlaceholder: 'Asked her on the phone: both numbers are hers',
  cancel: 'Cancel',
  record: 'It goes on the audit trail with your name and your reason.',
  who: `Who may: privacy, engineer, admin.`,
  deeds: {
    join: {
      title: (id: string) => `Join with customer ${id}?`,
      what: [
        'Both become one customer: identifiers, traits, segments, journeys and messages come together.',
        'Every no of either holds for both, and what either was sent counts for both.',
        'Nothing is sent by it. It can be undone: split them again.',
      ],
      act: 'Join them',
    },
    reject: {
      title: (id: string) => `Not the same as customer ${id}?`,
      what: [
        'Both stay as they are.',
        'The two are never suggested again, nor whoever they become.',
      ],
      act: 'They are two',
    },
    split: {
      title: (id: string) => `Split off customer ${id}?`,
      what: [
        'Everything on record is lived again with the two apart: both are as if they had never been joined.',
        'What they share joins them no more. A no that was said since the join counts for both, and so do messages that are neither’s.',
        'Nothing is sent by it; what is on its way and is neither’s is called back.',
      ],
      act: 'Split them',
    },
  },
  goes: 'What goes with them',
  goesNow: 'As they were known just before they were joined:',
  goesUntold: 'What they were known by cannot be told any more.',
} as const
