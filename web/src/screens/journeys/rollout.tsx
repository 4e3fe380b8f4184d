// A journey that is rolled out to a share of those who enter: how far, and moving it.
import { Button, NumberInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { type RolledOut, type Rollout, useRollOut, useRollout } from '@/api/rollouts'
import { useMay } from '@/app/session'
import { Go } from '@/kit/go'
import { Note } from '@/kit/note'
import { Trouble } from '@/kit/trouble'
import { ROLLOUT } from '@/words/rollout'
import './rollout.css'

const STEPS = [0.01, 0.05, 0.1, 0.25, 0.5, 1]

export function RolloutBar({ journey }: { journey: string }) {
  const { data } = useRollout(journey)
  const moving = useRollOut(journey)
  if (data?.share == null) return null
  return (
    <section className="rollout" aria-label={ROLLOUT.title}>
      <Standing rollout={data} share={data.share} />
      <Moves
        key={data.share}
        share={data.share}
        isBusy={moving.isPending}
        onMove={(share) => moving.mutate(share)}
      />
      {moving.isError && <Trouble error={moving.error} />}
      {moving.data !== undefined && <Outcome made={moving.data} />}
    </section>
  )
}

function Standing({ rollout, share }: { rollout: Rollout; share: number }) {
  return (
    <div className="rollout-standing">
      <span
        className="rollout-meter"
        role="meter"
        aria-label={ROLLOUT.meter(share)}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={share * 100}
      >
        <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
          <rect className="rollout-all" width="100" height="6" />
          <rect className="rollout-part" width={share * 100} height="6" />
        </svg>
      </span>
      <span className="pretty">{sentence(rollout.words)}</span>
    </div>
  )
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`
}

type MovesProps = { share: number; isBusy: boolean; onMove: (share: number | null) => void }

function Moves({ share, isBusy, onMove }: MovesProps) {
  const may = useMay('propose')
  const [to, setTo] = useState<number | string>(nextAfter(share) * 100)
  const wanted = typeof to === 'number' ? to / 100 : null
  const isOff = isBusy || !may
  const title = may ? undefined : ROLLOUT.mayNot
  function submit(event: FormEvent) {
    event.preventDefault()
    if (wanted !== null) onMove(wanted)
  }
  return (
    <form className="rollout-moves" onSubmit={submit}>
      {share < 1 && (
        <>
          <NumberInput
            size="xs"
            w={84}
            aria-label={ROLLOUT.to}
            suffix=" %"
            min={0}
            max={100}
            clampBehavior="strict"
            decimalScale={2}
            allowNegative={false}
            hideControls
            disabled={isOff}
            value={to}
            onChange={setTo}
          />
          <Button
            type="submit"
            size="xs"
            variant="default"
            title={title}
            disabled={isOff || wanted === null || wanted === share}
          >
            {wanted === null || wanted === share
              ? ROLLOUT.same
              : wanted > share
                ? ROLLOUT.raise(wanted)
                : ROLLOUT.lower(wanted)}
          </Button>
          <Button
            size="xs"
            variant="default"
            disabled={isOff}
            title={title}
            onClick={() => onMove(1)}
          >
            {ROLLOUT.whole}
          </Button>
        </>
      )}
      {share === 1 && (
        <Button
          size="xs"
          variant="default"
          disabled={isOff}
          title={title ?? ROLLOUT.endWhat}
          onClick={() => onMove(null)}
        >
          {ROLLOUT.end}
        </Button>
      )}
      {share > 0 && (
        <Button
          size="xs"
          variant="default"
          disabled={isOff}
          title={title ?? ROLLOUT.backWhat}
          onClick={() => onMove(0)}
        >
          {ROLLOUT.back}
        </Button>
      )}
    </form>
  )
}

function nextAfter(share: number): number {
  return STEPS.find((step) => step > share) ?? 1
}

/** What became of the change that it was, where it did not run at once. */
function Outcome({ made }: { made: RolledOut }) {
  const [problem] = made.applied?.problems ?? made.proposed.problems ?? []
  if (problem !== undefined) {
    return (
      <Note tone="bad" title={`${ROLLOUT.stopped}: ${problem.what}`}>
        {problem.fix}
      </Note>
    )
  }
  const number = made.proposed.change?.number
  if (made.applied != null || number === undefined) return null
  return (
    <Note
      tone="warn"
      title={ROLLOUT.waits(number)}
      action={
        <Go className="link" to={`/approvals/${number}`}>
          {ROLLOUT.see}
        </Go>
      }
    >
      {ROLLOUT.waitsWhy}
    </Note>
  )
}
