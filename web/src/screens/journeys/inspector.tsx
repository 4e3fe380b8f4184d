// What is chosen, at length: in words, where its ways lead, who waits there, how it is written.
import { CloseButton } from '@mantine/core'
import { IconFlag3 } from '@tabler/icons-react'
import { Note } from '@/kit/note'
import { Pairs } from '@/kit/pairs'
import { Tile } from '@/kit/tile'
import { title } from '@/words/format'
import { JOURNEY } from '@/words/journey'
import { useBoard } from './context'
import { useEditing } from './edit/editing'
import { focusStep } from './edit/keys'
import { HeadSettings, StepSettings } from './edit/settings'
import { Repairs, StepText, StepTools } from './edit/step-tools'
import {
  capital,
  kindOf,
  nameOf,
  saidOf,
  type Problem,
  type Shown,
  type ShownWay,
  START,
} from './graph'
import { AboutGone } from './ghost'
import { iconOf, tileOf } from './icons'
import { PeopleHere } from './people'
import { textOf } from './text'

export function Inspector({ text }: { text: string }) {
  const { chosen, choose, graph, ghosts } = useBoard()
  const isEditing = useEditing() !== null
  const shown = graph.steps.get(chosen)
  const gone = ghosts?.get(chosen)
  return (
    <aside
      className="inspector"
      aria-label={shown === undefined ? JOURNEY.about : JOURNEY.inspector}
      onKeyDown={(event) => {
        // A list that is open over it closes by the same key, and by that alone.
        const isHere = event.currentTarget.contains(event.target as Node)
        if (isEditing && isHere && event.key === 'Escape') focusStep(chosen || START)
      }}
    >
      {gone !== undefined ? (
        <AboutGone gone={gone} onClose={() => choose(START)} />
      ) : shown === undefined ? (
        <AboutJourney />
      ) : (
        <AboutStep key={chosen} shown={shown} text={text} onClose={() => choose(START)} />
      )}
    </aside>
  )
}

function AboutJourney() {
  const { drawing } = useBoard()
  const editing = useEditing()
  const { head } = drawing
  return (
    <>
      <Top name={head.title} kind={JOURNEY.about} shown={null} />
      <div className="inspector-body">
        <p className="inspector-read">{head.entry.sentence}.</p>
        <Wrong problems={head.problems} />
        {editing !== null && <HeadSettings editing={editing} />}
        {head.exits.length > 0 && (
          <section>
            <h3>{JOURNEY.leaves}</h3>
            <ul className="inspector-list">
              {head.exits.map((exit) => (
                <li key={exit.path}>
                  <IconFlag3 size={14} aria-hidden="true" data-goal={exit.is_goal} />
                  {exit.sentence}.
                </li>
              ))}
            </ul>
          </section>
        )}
        {editing === null && (
          <Pairs
            pairs={[
              { name: JOURNEY.owner, value: head.owner },
              { name: JOURNEY.purpose, value: head.purpose || JOURNEY.noPurpose },
              { name: JOURNEY.overdue, value: title(head.overdue) },
            ]}
          />
        )}
        {drawing.elsewhere.length > 0 && (
          <section>
            <h3>{JOURNEY.elsewhere(drawing.elsewhere.length)}</h3>
            <Wrong problems={drawing.elsewhere} isElsewhere />
          </section>
        )}
        <p className="quiet small pretty">
          {JOURNEY.file(head.place.file, head.place.line)}. {editing === null && JOURNEY.readOnly}
        </p>
      </div>
    </>
  )
}

type StepProps = { shown: Shown; text: string; onClose: () => void }

function AboutStep({ shown, text, onClose }: StepProps) {
  const { kinds, journey, isRunning } = useBoard()
  const editing = useEditing()
  const { step, ways } = shown
  return (
    <>
      <Top name={nameOf(step, kinds)} kind={kindOf(step, kinds)} shown={shown} onClose={onClose} />
      <div className="inspector-body">
        {editing !== null && <StepTools shown={shown} editing={editing} />}
        {step.sentence !== '' && <p className="inspector-read">{saidOf(step)}</p>}
        <Wrong problems={[...step.problems, ...ways.flatMap(({ way }) => way.problems)]} />
        {editing !== null && <StepSettings step={step} editing={editing} />}
        {ways.length > 0 && (
          <section>
            <h3>{JOURNEY.ways}</h3>
            <ol className="inspector-list">
              {ways.map((way) => (
                <WayLine key={way.way.path} shown={way} />
              ))}
            </ol>
          </section>
        )}
        {isRunning && <PeopleHere journey={journey} stepId={step.step_id} />}
        <section>
          <h3>{JOURNEY.written}</h3>
          <p className="quiet small">{JOURNEY.file(step.place.file, step.place.line)}</p>
          {editing === null ? (
            <>
              <pre className="inspector-text" tabIndex={0} aria-label={JOURNEY.written}>
                {textOf(text, step.place)}
              </pre>
              <p className="quiet small pretty">{JOURNEY.readOnly}</p>
            </>
          ) : (
            <StepText shown={shown} text={text} editing={editing} />
          )}
        </section>
      </div>
    </>
  )
}

function WayLine({ shown: { way, end, target } }: { shown: ShownWay }) {
  const { choose, steps } = useBoard()
  const isStep = end === null || end.kind === 'jump'
  return (
    <li>
      <span>
        {capital(way.label)}:{' '}
        {isStep ? (
          <>
            {end === null ? JOURNEY.goes : end.text.toLowerCase()}{' '}
            <button type="button" className="link" onClick={() => choose(target)}>
              {steps.nameOf(target)}
            </button>
          </>
        ) : (
          end.text.toLowerCase()
        )}
      </span>
    </li>
  )
}

type TopProps = { name: string; kind: string; shown: Shown | null; onClose?: () => void }

function Top({ name, kind, shown, onClose }: TopProps) {
  const step = shown?.step ?? null
  return (
    <header className="inspector-head">
      <Tile icon={iconOf(step)} kind={tileOf(step)} />
      <div className="grow">
        {name !== kind && <p className="quiet small">{kind}</p>}
        <h2>{name}</h2>
      </div>
      {onClose !== undefined && <CloseButton aria-label={JOURNEY.close} onClick={onClose} />}
    </header>
  )
}

type WrongProps = { problems: readonly Problem[]; isElsewhere?: boolean }

function Wrong({ problems, isElsewhere = false }: WrongProps) {
  return problems.map((problem) => (
    <Note
      key={`${problem.code} ${problem.place.file} ${problem.place.line} ${problem.path}`}
      tone="bad"
      title={problem.what}
    >
      {problem.fix}{' '}
      <span className="mono">
        {problem.code}
        {isElsewhere && ` ${JOURNEY.file(problem.place.file, problem.place.line)}`}
      </span>{' '}
      <Repairs problem={problem} />
    </Note>
  ))
}
