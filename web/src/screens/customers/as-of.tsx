// As of a moment of the past: choosing it, how far the answer has come, and the way back to now.
import { Button, Popover, TextInput } from '@mantine/core'
import { IconArrowBackUp, IconHistory } from '@tabler/icons-react'
import { type FormEvent, useState } from 'react'
import { PAST } from '@/words/past'
import { count, exact } from '@/words/format'
import type { Come } from './past'

const MICROS_PER_MS = 1_000

export function AsOf({ at, onAt }: { at: string; onAt: (at: string) => void }) {
  const [isOpen, setOpen] = useState(false)
  const [text, setText] = useState('')

  function open() {
    setText(localOf(at === '' ? Date.now() : Date.parse(at)))
    setOpen(!isOpen)
  }
  function choose(ms: number) {
    setOpen(false)
    onAt(new Date(Math.min(ms, Date.now())).toISOString())
  }
  function submit(event: FormEvent) {
    event.preventDefault()
    const ms = new Date(text).getTime()
    if (!Number.isNaN(ms)) choose(ms)
  }

  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-end" trapFocus withinPortal>
      <Popover.Target>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconHistory size={15} stroke={1.7} />}
          onClick={open}
        >
          {PAST.pick}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={PAST.pick}>
        <form className="past-pick" onSubmit={submit}>
          <TextInput
            size="xs"
            type="datetime-local"
            step={1}
            label={PAST.moment}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            required
            withAsterisk={false}
          />
          <Button size="xs" type="submit">
            {PAST.show}
          </Button>
          <div className="past-ago">
            {PAST.agos.map(([label, ms]) => (
              <Button
                key={label}
                size="compact-xs"
                variant="default"
                onClick={() => choose(Date.now() - ms)}
              >
                {label}
              </Button>
            ))}
          </div>
        </form>
      </Popover.Dropdown>
    </Popover>
  )
}

/** An instant as the field wants it: the viewer's own clock, to the second. */
function localOf(ms: number): string {
  const zone = new Date(ms).getTimezoneOffset() * 60_000
  return new Date(ms - zone).toISOString().slice(0, 19)
}

type BandProps = { at: string; withheld: readonly string[]; onNow: () => void }

/** Says all the time that nothing of this is of now. */
export function PastBand({ at, withheld, onNow }: BandProps) {
  return (
    <div className="past-band" role="status">
      <IconHistory size={16} stroke={1.8} aria-hidden="true" />
      <span className="grow">
        <span className="strong">{PAST.asOf(exact(Date.parse(at) * MICROS_PER_MS))}</span>{' '}
        {PAST.what}
        {withheld.length > 0 && ` ${PAST.withheld(withheld.join(', '))}`}
      </span>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconArrowBackUp size={15} stroke={1.7} />}
        onClick={onNow}
      >
        {PAST.back}
      </Button>
    </div>
  )
}

/** How far the past has been taken again. */
export function Coming({ come }: { come: Come | null }) {
  const { phase = 'rules', done = 0, of = 0 } = come ?? {}
  const share = of > 0 ? Math.round((100 * done) / of) : 0
  return (
    <div className="past-coming">
      <p className="small">
        <span className="strong">{PAST.phases[phase]}</span>{' '}
        {of > 0 && <span className="quiet num">{PAST.of(count(done), count(of))}</span>}
      </p>
      <div
        className="bar"
        role="progressbar"
        aria-label={PAST.phases[phase]}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={share}
      >
        <i style={{ width: `${Math.max(share, 3)}%` }} />
      </div>
    </div>
  )
}
