// A draft under work: what can be done to it, by keys and by hand, and what is said about it.
import { useHotkeys } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useState } from 'react'
import { usePlan } from '@/api/queries'
import type { components } from '@/api/schema'
import { useKeys } from '@/app/keys'
import { Chip } from '@/kit/chip'
import { useParam } from '@/kit/go'
import { JOURNEY_EDIT } from '@/words/journey-edit'
import { START } from '../graph'
import { Opened } from '../opened'
import { type Offered, type Place, stepAt } from '../places'
import { ProposeButton, RehearseLink, Saved, Undoing } from './bar'
import { runs } from './calls'
import { useCarrying } from './carrying'
import { useDifferences } from './changes'
import { Clashes } from './clashes'
import type { Desk, Setting, Wish } from './desk'
import { type Carried, type Editing, EditingContext, useDeskState } from './editing'
import './edit.css'
import { focusStep } from './keys'
import type { Keeper } from './keeper'
import { leftBehind, move } from './moves'
import { Picker } from './picker'
import { Propose } from './propose'
import { Said } from './said'

type Kinds = components['schemas']['ShownKinds']
const AGAIN_MS = 20_000
const SILENT = { text: '', isDone: false }

type Props = { desk: Desk; keeper: Keeper; draft: string; kinds: Kinds }

export function Working({ desk, keeper, draft, kinds }: Props) {
  const { now } = useDeskState(desk)
  const [chosen, choose] = useParam('step')
  const [places, ask] = useState<readonly Offered[] | null>(null)
  const [isProposing, setProposing] = useState(false)
  const [said, setSaid] = useState(SILENT)
  const carrying = useCarrying(desk, now.drawing)
  useKeys(JOURNEY_EDIT.keys)

  const run = useCallback(
    (wish: Wish, group = '') => {
      setSaid(SILENT)
      void desk.do(wish, group).then((path) => {
        if (path !== null && group === '') choose(stepAt(desk.state().now.drawing, path))
      })
    },
    [desk, choose],
  )
  const set = useCallback(
    (setting: Setting) => {
      setSaid(SILENT)
      void desk.set(setting)
    },
    [desk],
  )
  const remove = useCallback(
    (path: string) => {
      void desk.do([{ edit: 'delete_step', path }]).then((done) => {
        if (done === null) return
        const { past, now } = desk.state()
        const before = past.at(-1)
        if (before !== undefined) choose(leftBehind(before.drawing, path))
        setSaid({ text: JOURNEY_EDIT.done(now.said), isDone: true })
      })
    },
    [desk, choose],
  )
  const undo = useCallback(async () => {
    const undone = await desk.undo()
    if (undone === null) return
    if (undone.path !== '') choose(stepAt(desk.state().now.drawing, undone.path))
    setSaid({ text: JOURNEY_EDIT.undone(undone.said), isDone: false })
  }, [desk, choose])
  const redo = useCallback(async () => {
    const done = await desk.redo()
    if (done === null) return
    if (done.path !== '') choose(stepAt(desk.state().now.drawing, done.path))
    setSaid({ text: JOURNEY_EDIT.redone(done.said), isDone: false })
  }, [desk, choose])
  const drop = useCallback(
    (carried: Carried, { into, index }: Place) => {
      if ('path' in carried) run(move(carried.path, { into, index }))
      else run([{ edit: 'insert_step', into, index, kind: carried.kind }])
    },
    [run],
  )
  const editing = useMemo<Editing>(
    () => ({ draft, desk, keeper, run, set, ask, drop, remove, ...carrying }),
    [draft, desk, keeper, run, set, drop, remove, carrying],
  )
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === 'visible' && desk.look(), AGAIN_MS)
    return () => clearInterval(timer)
  }, [desk])
  useEffect(() => {
    // The button that led here is gone: keys go on from the steps.
    if (document.activeElement === document.body) focusStep(chosen || START)
    // Only as it opens.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [])
  const plan = usePlan()
  useEffect(() => {
    if (plan !== undefined && plan !== desk.state().now.base) desk.look()
  }, [plan, desk])
  const compared = useDifferences(editing)
  const changes = compared?.differences.length ?? 0
  useEffect(() => {
    void keeper.check().catch(() => {})
  }, [keeper, now.base])
  useHotkeys([
    ['mod+Z', () => void undo()],
    ['mod+shift+Z', () => void redo()],
    ['mod+Y', () => void redo()],
  ])
  // A step that was put in or moved has the place of another in what runs: people stand at that one.
  const journey = now.drawing.journey
  const running = useQuery({
    queryKey: ['journeys', 'running', journey],
    queryFn: () => runs(journey, kinds),
  })
  const isRunning = Object.keys(now.files).length === 0 && running.data === true
  return (
    <EditingContext value={editing}>
      <Opened
        shown={now}
        kinds={kinds}
        isRunning={isRunning}
        compared={compared}
        state={
          <>
            <Chip tone="accent">
              {changes === 0 ? JOURNEY_EDIT.draft : JOURNEY_EDIT.draftWith(changes)}
            </Chip>
            <Saved editing={editing} />
          </>
        }
        beside={
          <>
            <Undoing editing={editing} onUndo={() => void undo()} onRedo={() => void redo()} />
            <RehearseLink editing={editing} journey={now.drawing.journey} />
            <ProposeButton onClick={() => setProposing(true)} />
          </>
        }
      >
        <Clashes editing={editing} />
        <Said
          editing={editing}
          said={said}
          onUndo={() => void undo()}
          onClose={() => setSaid(SILENT)}
        />
        {places !== null && (
          <Picker
            places={places}
            onClose={() => {
              ask(null)
              requestAnimationFrame(() => focusStep(chosen || START))
            }}
            onPick={(kind, { into, index }) => {
              ask(null)
              run([{ edit: 'insert_step', into, index, kind }])
            }}
          />
        )}
        {isProposing && <Propose editing={editing} onClose={() => setProposing(false)} />}
      </Opened>
    </EditingContext>
  )
}
