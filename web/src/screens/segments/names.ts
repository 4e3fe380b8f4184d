// How drafts of segments are named among all drafts.
export const PREFIX = 'segment-'
const LENGTH_MAX = 80

export const draftOf = (segment: string) =>
  `${PREFIX}${segment.toLowerCase().replaceAll(/[^a-z0-9_-]/g, '-')}`.slice(0, LENGTH_MAX)
