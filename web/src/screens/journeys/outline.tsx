// The journey as text: what it does in sentences, and the definition as it stands in its file.
import { IconFlag3 } from '@tabler/icons-react'
import { Fragment } from 'react'
import { Card } from '@/kit/card'
import { Tile } from '@/kit/tile'
import { JOURNEY } from '@/words/journey'
import { UNHAUNTED, useBoard } from './context'
import { Chip } from '@/kit/chip'
import { JOURNEY_EDIT } from '@/words/journey-edit'
import type { Difference } from './edit/changes'
import { goneAt } from './ghosts'
import { capital, nameOf, type Step, type Way, waysOf } from './graph'
import { iconOf, tileOf } from './icons'

export function Outline({ text }: { text: string }) {
  const { drawing } = useBoard()
  return (
    <div className="outline">
      <Sentences />
      <Card title={JOURNEY.wholeText(drawing.file)}>
        <pre className="outline-text" tabIndex={0} aria-label={JOURNEY.wholeText(drawing.file)}>
          {text}
        </pre>
      </Card>
    </div>
  )
}

export function Sentences() {
  const { head, steps } = useBoard().drawing
  return (
    <Card title={JOURNEY.outline}>
      <p className="quiet small">{JOURNEY.outlineWhy}</p>
      <p className="outline-begin">{head.entry.sentence}.</p>
      <Steps steps={steps} into="steps" />
      <ul className="outline-exits">
        {head.exits.map((exit) => (
          <li key={exit.path}>
            <IconFlag3 size={13} aria-hidden="true" /> {exit.sentence}.
          </li>
        ))}
      </ul>
    </Card>
  )
}

function Steps({ steps, into }: { steps: readonly Step[]; into: string }) {
  const { ghosts = UNHAUNTED } = useBoard()
  const behind = goneAt(ghosts, into, steps.length, true)
  if (steps.length + behind.length === 0) return null
  return (
    <ol className="outline-steps">
      {steps.map((step, index) => (
        <Fragment key={step.path}>
          <Lost gone={goneAt(ghosts, into, index)} />
          <Line step={step} />
        </Fragment>
      ))}
      <Lost gone={behind} />
    </ol>
  )
}

/** What stood here in what runs. */
function Lost({ gone }: { gone: readonly Difference[] }) {
  return gone.map((each) => (
    <li key={each.was} className="outline-gone">
      <Chip>{JOURNEY_EDIT.whats.removed}</Chip>{' '}
      <del>
        <b>{each.name}</b> {each.before}
      </del>
    </li>
  ))
}

function Line({ step }: { step: Step }) {
  const { kinds, chosen, choose, marks, ghosts = UNHAUNTED } = useBoard()
  const mark = marks?.get(step.path)
  const lost = [...ghosts.values()].filter((each) => each.into === '' && each.fork === step.path)
  return (
    <li>
      <button
        type="button"
        className="outline-step"
        aria-pressed={chosen === step.path}
        onClick={() => choose(step.path)}
      >
        <Tile icon={iconOf(step)} kind={tileOf(step)} />
        <span>
          <b>{nameOf(step, kinds)}</b> {step.sentence}
        </span>
        {mark !== undefined && <Chip>{JOURNEY_EDIT.whats[mark.what]}</Chip>}
      </button>
      {waysOf(step).length > 0 && (
        <ul className="outline-ways">
          {waysOf(step).map((way) => (
            <li key={way.path}>
              <span className="outline-when">{capital(way.label)}</span>
              {way.steps.length === 0 && <Onward way={way} />}
              <Steps steps={way.steps} into={way.block} />
            </li>
          ))}
        </ul>
      )}
      {lost.length > 0 && (
        <ol className="outline-steps">
          <Lost gone={lost} />
        </ol>
      )}
    </li>
  )
}

function Onward({ way }: { way: Way }) {
  const { steps } = useBoard()
  if (way.next !== '') return <> {`${JOURNEY.goes} ${steps.nameOf(way.next)}`}</>
  const { goal, quietly, done } = JOURNEY.ends
  if (way.ends === 'goal') return <> {goal}</>
  if (way.ends === 'quietly') return <> {quietly}</>
  return <> {way.ends === '' ? done : JOURNEY.ends.as(way.ends)}</>
}
