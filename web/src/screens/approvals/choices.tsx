// What the person at the screen may do with a change, with their reason; and why not, where not.
import { Button, Skeleton, Textarea } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import {
  type ChangeRequest,
  type Choice,
  type Deed,
  type Objection,
  useChoices,
  useDeed,
  type Waiver,
} from '@/api/changes'
import { useMay } from '@/app/session'
import { Card } from '@/kit/card'
import { Go } from '@/kit/go'
import { Note } from '@/kit/note'
import { Trouble } from '@/kit/trouble'
import { APPROVALS } from '@/words/approvals'
import { Problems, useReviewOf } from './review'

type Verb = Choice['verb']
type Doing = ReturnType<typeof useDeed>

export function Choices({ change }: { change: ChangeRequest }) {
  const choices = useChoices(change.number)
  const [verb, setVerb] = useState<Verb | null>(null)
  const doing = useDeed(change.number)
  const sees = useMay('audit')
  const place = useRef<HTMLDivElement>(null)

  // What was pressed is gone then: keys go on from here, unless somebody went elsewhere meanwhile.
  function leave() {
    const now = document.activeElement
    const isHere = now === document.body || place.current?.parentElement?.contains(now)
    setVerb(null)
    if (isHere) place.current?.focus()
  }

  function act(deed: Deed) {
    doing.mutate(deed, { onSuccess: (said) => !said.problems?.length && leave() })
  }
  return (
    <Card title={APPROVALS.choices}>
      <div ref={place} tabIndex={-1} className="approvals-place" />
      {choices.data === undefined ? (
        choices.isError ? (
          <Trouble error={choices.error} retry={choices.refetch} />
        ) : (
          <Skeleton h={120} />
        )
      ) : verb !== null ? (
        <Doing
          verb={verb}
          change={change}
          isBusy={doing.isPending}
          onDo={act}
          onLeave={() => {
            doing.reset()
            leave()
          }}
        />
      ) : (
        <ul className="approvals-choices">
          {choices.data.map((each) => (
            <Offer
              key={each.verb}
              choice={each}
              isMain={each.verb === (change.state === 'approved' ? 'apply' : 'approve')}
              onChoose={() => setVerb(each.verb)}
            />
          ))}
        </ul>
      )}
      <Outcome doing={doing} />
      {sees && (
        <Go className="link small" to="/audit" search={{ about: `change:${change.number}` }}>
          {APPROVALS.journal}
        </Go>
      )}
    </Card>
  )
}

type OfferProps = { choice: Choice; isMain: boolean; onChoose: () => void }

function Offer({ choice, isMain, onChoose }: OfferProps) {
  if (choice.is_open) {
    return (
      <li>
        <Button size="xs" fullWidth variant={isMain ? 'filled' : 'default'} onClick={onChoose}>
          {APPROVALS.verbs[choice.verb]}
        </Button>
      </li>
    )
  }
  return (
    <li className="small">
      <span className="strong">{APPROVALS.verbs[choice.verb]}: </span>
      <span className="quiet">
        {choice.why_not} {choice.fix}
      </span>
    </li>
  )
}

function Outcome({ doing }: { doing: Doing }) {
  if (doing.isError) return <Trouble error={doing.error} />
  const said = doing.data
  if (said === undefined) return null
  if (said.problems?.length) {
    return (
      <>
        <Note tone="bad" title={APPROVALS.refused} />
        <Problems problems={said.problems} />
      </>
    )
  }
  if (said.putsBack !== undefined) {
    return (
      <Note
        tone="ok"
        title={said.is_changed ? APPROVALS.putBack : APPROVALS.putsBack(said.putsBack)}
        action={
          <Go className="link" to={`/approvals/${said.putsBack}`}>
            {APPROVALS.seeIt}
          </Go>
        }
      >
        {said.is_changed ? undefined : APPROVALS.putBackWaits}
      </Note>
    )
  }
  if (said.is_waiting) return <Note title={APPROVALS.waiting} />
  return said.is_changed ? <Note tone="ok" title={APPROVALS.applied} /> : null
}

type DoingProps = {
  verb: Verb
  change: ChangeRequest
  isBusy: boolean
  onDo: (deed: Deed) => void
  onLeave: () => void
}

function Doing({ verb, change, isBusy, onDo, onLeave }: DoingProps) {
  const [why, setWhy] = useState('')
  const [reasons, setReasons] = useState<Record<string, string>>({})
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => {
    if (!form.current?.contains(document.activeElement)) form.current?.focus()
  }, [])
  const review = useReviewOf(change)
  const waivable = verb === 'apply' ? grouped(review.data?.objections ?? []) : []
  const waive = waivable.map((each) => ({ ...each, because: reasons[keyOf(each)]?.trim() ?? '' }))
  const isLacking =
    // What objects is said before it can be waived.
    (verb === 'apply' && review.isLoading) ||
    ((verb === 'reject' || verb === 'roll_back') && why.trim() === '') ||
    waive.some((each) => each.because === '')

  function submit(event: React.FormEvent) {
    event.preventDefault()
    if (verb === 'apply') onDo({ verb, waive })
    else if (verb === 'withdraw') onDo({ verb })
    else onDo({ verb, why: why.trim() })
  }
  return (
    <form
      ref={form}
      tabIndex={-1}
      className="approvals"
      onSubmit={submit}
      aria-label={APPROVALS.verbs[verb]}
    >
      {verb === 'roll_back' && <p className="small">{APPROVALS.backWhat}</p>}
      {verb === 'approve' || verb === 'reject' || verb === 'roll_back' ? (
        <Textarea
          label={verb === 'roll_back' ? APPROVALS.whyBack : APPROVALS.whys[verb]}
          description={verb === 'reject' ? APPROVALS.needsWhy : undefined}
          autosize
          minRows={3}
          maxLength={2_000}
          autoFocus
          value={why}
          onChange={(event) => setWhy(event.currentTarget.value)}
        />
      ) : (
        <p className="small">{verb === 'apply' ? APPROVALS.applyWhat : APPROVALS.withdrawWhat}</p>
      )}
      {waive.map((each) => (
        <Textarea
          key={keyOf(each)}
          label={`${each.code}${each.journey ? `, ${each.journey}` : ''}: ${APPROVALS.waive}`}
          autosize
          minRows={2}
          value={reasons[keyOf(each)] ?? ''}
          onChange={(event) => {
            const text = event.currentTarget.value
            setReasons((before) => ({ ...before, [keyOf(each)]: text }))
          }}
        />
      ))}
      {waive.length > 0 && <p className="quiet small">{APPROVALS.waiveAll}</p>}
      <div className="row">
        <Button
          size="xs"
          type="submit"
          loading={isBusy}
          disabled={isLacking}
          color={verb === 'reject' || verb === 'withdraw' ? 'red' : undefined}
        >
          {APPROVALS.verbs[verb]}
        </Button>
        <Button size="xs" variant="default" onClick={onLeave}>
          {APPROVALS.cancel}
        </Button>
      </div>
    </form>
  )
}

/** One reason stands for all that have one code at one place. */
function grouped(objections: readonly Objection[]): Waiver[] {
  const found = new Map<string, Waiver>()
  for (const { problem, journey, step } of objections) {
    const waiver = { code: problem.code, journey, step, because: '' }
    found.set(keyOf(waiver), waiver)
  }
  return [...found.values()]
}

function keyOf(waiver: Waiver): string {
  return `${waiver.code} ${waiver.journey ?? ''} ${waiver.step ?? ''}`
}
