// The journey as its text: edited here, drawn anew there. It is the same draft, comments and all.
import { useEffect, useRef } from 'react'
import { JOURNEY } from '@/words/journey'
import { JOURNEY_EDIT } from '@/words/journey-edit'
import { useBoard } from '../context'
import { Sentences } from '../outline'
import { everyStep } from '../places'
import { Code } from './code'
import { type Editing, useDeskState } from './editing'

const LINE_PX = 20

export function TextLens({ editing }: { editing: Editing }) {
  const { desk } = editing
  const { drawing, chosen, choose } = useBoard()
  const { now } = useDeskState(desk)
  const area = useRef<HTMLTextAreaElement>(null)
  const pane = useRef<HTMLDivElement>(null)
  const atLine = useRef(0)
  const { file } = drawing
  const marks = drawing.problems
    .filter((problem) => problem.place.file === file)
    .map((problem) => ({ line: problem.place.line, what: problem.what }))

  const line = everyStep(drawing.steps).find((step) => step.path === chosen)?.place.line
  useEffect(() => {
    if (line === undefined || line === atLine.current) return
    pane.current?.scrollTo({ top: Math.max(0, (line - 4) * LINE_PX) })
  }, [line])

  function onLine(at: number) {
    const step = everyStep(drawing.steps).findLast((each) => each.place.line <= at)
    atLine.current = step?.place.line ?? 0
    if (now.isDrawn && step !== undefined && step.path !== chosen) choose(step.path)
  }

  return (
    <div className="outline draft-text">
      <section className="draft-code" ref={pane}>
        <h2>{JOURNEY.wholeText(file)}</h2>
        <p className="quiet small">{JOURNEY_EDIT.textWhy}</p>
        <Code
          label={JOURNEY.wholeText(file)}
          text={now.text}
          marks={marks}
          area={area}
          onText={(text) => desk.write(file, text, JOURNEY_EDIT.wrote)}
          onLine={onLine}
          onBlur={() => desk.pause()}
        />
      </section>
      <Sentences />
    </div>
  )
}
