// Words of rollouts: how many of those who enter get a journey, on its page and before publishing.
export const ROLLOUT = {
  title: 'Rollout',
  who: 'Who gets it first',
  everybody: 'Everybody',
  part: (share: number) => `${percent(share)} %`,
  draftEverybody: 'Everybody who enters gets it at once.',
  draftSame:
    'The same people as the share grows. It is raised, given to everybody or taken back on the page of the journey, with one click each.',
  draftOutdated: 'The share is in the text: what was rehearsed before is run again.',
  clash: 'Somebody has saved this draft meanwhile. Look at it again.',
  meter: (share: number) => `${percent(share)} % of those who enter get the present version`,
  to: 'Share in per cent',
  raise: (share: number) => `Raise to ${percent(share)} %`,
  lower: (share: number) => `Lower to ${percent(share)} %`,
  same: 'Raise',
  whole: 'To everybody',
  back: 'Take back',
  end: 'End rollout',
  endWhat: 'Everybody gets it, and what ran before is let go once nobody is in it.',
  backWhat: 'Whoever enters gets what ran before. Those inside finish the version they are in.',
  mayNot: 'Your role does not change journeys.',
  waits: (number: number) => `Change ${number} waits`,
  waitsWhy: 'Its owners are asked first, or somebody who may apply it does.',
  see: 'See the change',
  stopped: 'It was not applied',
} as const

export function percent(share: number): string {
  return String(Math.round(share * 10_000) / 100)
}
