// What can be done with the chosen step by hand; every one of these has a key too.
import { Button, Menu } from '@mantine/core'
import {
  IconArrowDown,
  IconArrowUp,
  IconCopy,
  IconCut,
  IconDots,
  IconPlus,
  IconTrash,
} from '@tabler/icons-react'
import { useState } from 'react'
import { JOURNEY_EDIT } from '@/words/journey-edit'
import { useBoard } from '../context'
import { capital, type Problem, type Shown } from '../graph'
import { placesAfter } from '../places'
import { textOf, withText } from '../text'
import { Code } from './code'
import { type Editing, useEditing } from './editing'
import { moveTowards } from './moves'

type Props = { shown: Shown; editing: Editing }

export function StepTools({ shown, editing }: Props) {
  const { drawing, graph, kinds } = useBoard()
  const { step } = shown
  const kind = kinds.find((each) => each.kind === step.kind)
  const towards = (direction: 'up' | 'down') =>
    editing.run((now, follow) => moveTowards(now, follow(step.path), direction))
  return (
    <div className="step-tools" role="toolbar" aria-label={JOURNEY_EDIT.actions}>
      <Button
        size="compact-xs"
        variant="default"
        leftSection={<IconPlus size={13} />}
        onClick={() => editing.ask(placesAfter(drawing, graph, step.path))}
      >
        {JOURNEY_EDIT.addShort}
      </Button>
      <Button
        size="compact-xs"
        variant="default"
        leftSection={<IconTrash size={13} />}
        onClick={() => editing.remove(step.path)}
      >
        {JOURNEY_EDIT.remove}
      </Button>
      <Menu position="bottom-end" width={220}>
        <Menu.Target>
          <Button size="compact-xs" variant="default" aria-label={JOURNEY_EDIT.more}>
            <IconDots size={15} />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconArrowUp size={14} />} onClick={() => towards('up')}>
            {JOURNEY_EDIT.moveUp}
          </Menu.Item>
          <Menu.Item leftSection={<IconArrowDown size={14} />} onClick={() => towards('down')}>
            {JOURNEY_EDIT.moveDown}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconCopy size={14} />}
            onClick={() => editing.run([{ edit: 'duplicate_step', path: step.path }])}
          >
            {JOURNEY_EDIT.duplicate}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconCut size={14} />}
            onClick={() => editing.take(step.path, 'cut')}
          >
            {JOURNEY_EDIT.cutStep}
          </Menu.Item>
          {(kind?.slots ?? [])
            .filter((slot) => slot.under.includes('*') || isMissing(shown, slot.under))
            .map(({ under, title }) => (
              <Menu.Item
                key={under}
                leftSection={<IconPlus size={14} />}
                onClick={() => editing.run([{ edit: 'add_branch', path: step.path, under }])}
              >
                {JOURNEY_EDIT.addWay(title)}
              </Menu.Item>
            ))}
          {shown.ways
            .filter(({ way }) => way.is_written)
            .map(({ way }) => (
              <Menu.Item
                key={way.path}
                leftSection={<IconTrash size={14} />}
                onClick={() => editing.run([{ edit: 'remove_branch', path: way.path }])}
              >
                {JOURNEY_EDIT.removeWay(capital(way.label))}
              </Menu.Item>
            ))}
        </Menu.Dropdown>
      </Menu>
    </div>
  )
}

function isMissing({ step, ways }: Shown, under: string): boolean {
  return !ways.some(({ way }) => way.block === `${step.path}/${under}` && way.is_written)
}

/** The step's lines of the file, edited as text: whatever a form has no field for. */
export function StepText({ shown, text, editing }: Props & { text: string }) {
  const { drawing } = useBoard()
  const { place } = shown.step
  const kept = textOf(text, place)
  const [changed, setChanged] = useState<string | null>(null)
  const isChanged = changed !== null && changed !== kept
  return (
    <>
      <Code
        label={JOURNEY_EDIT.stepText}
        text={changed ?? kept}
        marks={drawing.problems
          .map(({ place: { line }, what }) => ({ line: line - place.line + 1, what }))
          .filter(({ line }) => line > 0 && line <= kept.split('\n').length)}
        onText={setChanged}
      />
      {isChanged && (
        <div className="step-tools">
          <Button
            size="compact-xs"
            onClick={() => {
              const whole = withText(text, place, changed)
              editing.desk.write(place.file, whole, JOURNEY_EDIT.wrote)
              editing.desk.pause()
              setChanged(null)
            }}
          >
            {JOURNEY_EDIT.use}
          </Button>
          <Button size="compact-xs" variant="default" onClick={() => setChanged(null)}>
            {JOURNEY_EDIT.back}
          </Button>
        </div>
      )}
    </>
  )
}

/** Buttons that put a problem right, where the server knows how. */
export function Repairs({ problem }: { problem: Problem }) {
  const editing = useEditing()
  if (editing === null || problem.repairs.length === 0) return null
  return problem.repairs.map((repair) => (
    <button
      key={repair.title}
      type="button"
      className="repair nodrag nopan"
      onClick={(event) => {
        event.stopPropagation()
        editing.run(repair.edits)
      }}
    >
      {repair.title}
    </button>
  ))
}
