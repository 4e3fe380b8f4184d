// What the engine says of a change: proofs, scenarios, and its texts beside those that run.
import { Skeleton } from '@mantine/core'
import { type ChangeRequest, type Review, useReview } from '@/api/changes'
import type { Problem } from '@/api/types'
import { useMay } from '@/app/session'
import { Card } from '@/kit/card'
import { Note } from '@/kit/note'
import { Trouble } from '@/kit/trouble'
import { APPROVALS } from '@/words/approvals'
import { isLive } from './state'

/** Asked only for what may still be applied, and by whoever may rehearse. */
export function useReviewOf(change: ChangeRequest) {
  const may = useMay('rehearse')
  return useReview(change.number, change.revision ?? 1, may && isLive(change))
}

export function Proofs({ change }: { change: ChangeRequest }) {
  const may = useMay('rehearse')
  const review = useReviewOf(change)
  if (!isLive(change)) return null
  return (
    <Card title={APPROVALS.proofs}>
      {!may ? (
        <p className="quiet small">{APPROVALS.mayNotProve}</p>
      ) : review.data !== undefined ? (
        <Said review={review.data} />
      ) : review.isError ? (
        <Trouble error={review.error} retry={review.refetch} />
      ) : (
        <p className="quiet small" role="status">
          {APPROVALS.proving}
        </p>
      )}
    </Card>
  )
}

function Said({ review }: { review: Review }) {
  if (review.mistakes.length > 0) {
    return (
      <>
        <Note tone="bad" title={APPROVALS.mistakes}>
          {APPROVALS.mistakesWhy}
        </Note>
        <Problems problems={review.mistakes} />
      </>
    )
  }
  if (review.objections.length === 0) {
    return (
      <Note tone="ok" title={APPROVALS.proved}>
        {APPROVALS.provedWhy}
      </Note>
    )
  }
  return (
    <>
      <Note tone="warn" title={APPROVALS.objects(review.objections.length)}>
        {APPROVALS.objectsWhy}
      </Note>
      <Problems problems={review.objections.map((each) => each.problem)} />
    </>
  )
}

export function Problems({ problems }: { problems: readonly Problem[] }) {
  return (
    <ol className="approvals-problems">
      {problems.map((each, index) => (
        <li key={index}>
          <p>{sentence(each.what)}</p>
          <p className="quiet small">
            {APPROVALS.fix}: {each.fix}
          </p>
          <p className="mono quiet small">
            {each.code} {each.place.file}:{each.place.line}
          </p>
        </li>
      ))}
    </ol>
  )
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

export function Texts({ change }: { change: ChangeRequest }) {
  const may = useMay('rehearse')
  const review = useReviewOf(change)
  if (!may) return null
  return (
    <Card title={APPROVALS.texts}>
      {!isLive(change) ? (
        <p className="quiet small">{APPROVALS.ended}</p>
      ) : review.data === undefined ? (
        !review.isError && <Skeleton h={120} />
      ) : !review.data.is_compared ? (
        <Note title={APPROVALS.notCompared}>{APPROVALS.notComparedWhy}</Note>
      ) : (
        <Differences review={review.data} />
      )}
    </Card>
  )
}

function Differences({ review }: { review: Review }) {
  const differences = review.differences ?? []
  if (differences.length === 0) return <p className="quiet small">{APPROVALS.sameTexts}</p>
  return differences.map(({ file, lines }) => (
    <figure key={file} className="approvals-diff">
      <figcaption className="mono small">{file}</figcaption>
      {/* It scrolls sideways, so keys have to reach it. */}
      <pre tabIndex={0} aria-label={APPROVALS.textsOf(file)}>
        {lines.map((line, index) => (
          <span key={index} data-kind={kindOf(line)}>
            {`${line}\n`}
          </span>
        ))}
      </pre>
    </figure>
  ))
}

function kindOf(line: string): string {
  if (line.startsWith('@@')) return 'place'
  if (line.startsWith('+')) return 'new'
  return line.startsWith('-') ? 'old' : 'same'
}
