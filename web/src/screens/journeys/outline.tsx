// The journey as text: what it does in sentences, and the definition as it stands in its file.
import { IconFlag3 } from '@tabler/icons-react'
import { Card } from '@/kit/card'
import { Tile } from '@/kit/tile'
import { JOURNEY } from '@/words/journey'
import { useBoard } from './context'
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
      <Steps steps={steps} />
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

function Steps({ steps }: { steps: readonly Step[] }) {
  return (
    <ol className="outline-steps">
      {steps.map((step) => (
        <Line key={step.path} step={step} />
      ))}
    </ol>
  )
}

function Line({ step }: { step: Step }) {
  const { kinds, chosen, choose } = useBoard()
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
      </button>
      {waysOf(step).length > 0 && (
        <ul className="outline-ways">
          {waysOf(step).map((way) => (
            <li key={way.path}>
              <span className="outline-when">{capital(way.label)}</span>
              {way.steps.length > 0 ? <Steps steps={way.steps} /> : <Onward way={way} />}
            </li>
          ))}
        </ul>
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
