// What the sheet of publishing says of what a draft changes and asks for.
export const PREVIEW = {
  changes: 'What it changes',
  comparing: 'Comparing it with what runs…',
  same: 'Nothing differs from what runs.',
  definition: 'Definition',
  how: 'What is different',
  kind: 'Effect',
  reach: (n: string) => `It may reach ${n} people.`,
  nobodyInside: 'Nobody is inside of what changes just now.',
  inside: (n: string) =>
    `${n} people are inside of what changes: they finish the version they are in, and whoever enters afterwards gets the new one.`,
  approvers: 'Who has to approve',
  nobodyAsked:
    'By the policy of this workspace nobody has to approve it; approvers may all the same. An engineer or an admin applies it.',
  due: 'Answers are due',
  anyApprover: 'Any approver',
  nobodyCould: 'nobody who could answer is in this team yet',
  heldOut: 'Held out on purpose',
  none: 'Nobody is held out, so that its effect cannot be measured against anybody. Hold out a few:',
  some: 'They get nothing promotional, so that its effect can be measured against them. It is written into the draft, and holds for all journeys.',
  heldOutBy: (name: string) => `Held out by ${name}, in %`,
  hold: 'Hold so many out',
  shareWrong: (most: number) => `More than 0, at most ${most}`,
  wasShare: (share: string) => `${share} in what runs`,
  newHoldout: 'new in this draft',
} as const
