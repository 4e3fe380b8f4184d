// What is wrong with the journey, and F8 to go from one problem to the next.
import { useHotkeys } from '@mantine/hooks'
import { IconExclamationCircle } from '@tabler/icons-react'
import { JOURNEY } from '@/words/journey'
import { useBoard } from './context'
import { focusStep } from './edit/keys'
import { START, waysOf, type Step } from './graph'

export function Problems() {
  const { drawing, chosen, choose } = useBoard()
  const places = [
    ...(drawing.head.problems.length > 0 ? [START] : []),
    ...drawing.steps.flatMap(wrongIn),
  ]
  const go = (by: number) => {
    const at = places.indexOf(chosen)
    const next = places[(at + by + places.length) % places.length]
    if (next === undefined) return
    choose(next)
    focusStep(next)
  }
  // From within a field too: nobody types these keys.
  useHotkeys(
    [
      ['F8', () => go(1)],
      ['shift+F8', () => go(-1)],
    ],
    [],
  )
  const { problems, elsewhere } = drawing
  if (problems.length === 0 && elsewhere.length === 0) return null
  return (
    <div className="journey-problems" role="status">
      <IconExclamationCircle size={15} aria-hidden="true" />
      <b>{problems.length > 0 ? JOURNEY.problems(problems.length) : ''}</b>
      {elsewhere.length > 0 && <span>{JOURNEY.elsewhere(elsewhere.length)}</span>}
      {places.length > 0 && (
        <button type="button" className="link" onClick={() => go(1)}>
          {JOURNEY.showNext} <kbd>F8</kbd>
        </button>
      )}
    </div>
  )
}

function wrongIn(step: Step): string[] {
  const ways = waysOf(step)
  const own = step.problems.length > 0 || ways.some((way) => way.problems.length > 0)
  return [...(own ? [step.path] : []), ...ways.flatMap((way) => way.steps.flatMap(wrongIn))]
}
