// What others did meanwhile: saved the same draft, deleted it, or changed what runs below it.
import { Button, Modal } from '@mantine/core'
import { useCallback, useState } from 'react'
import { useNames } from '@/api/actors'
import { Note } from '@/kit/note'
import { hourAndMinute } from '@/words/format'
import { JOURNEY_EDIT } from '@/words/journey-edit'
import { type Editing, useDeskState, useSaving } from './editing'
import { type Merge, Merging } from './merging'

const RUNNING = {}

export function Clashes({ editing }: { editing: Editing }) {
  const { desk, keeper } = editing
  const { now } = useDeskState(desk)
  const { is, theirs, agreed } = useSaving(keeper)
  const nameOf = useNames()
  const settle = useCallback(
    (merge: Merge) => {
      desk.replace(merge.files, merge, JOURNEY_EDIT.merged)
      keeper.settle(theirs)
    },
    [desk, keeper, theirs],
  )
  if (is !== 'clash') return null
  if (theirs === null) {
    return (
      <Modal opened onClose={() => {}} withCloseButton={false} title={JOURNEY_EDIT.deleted}>
        <p className="quiet small pretty">{JOURNEY_EDIT.deletedWhy}</p>
        <Button size="xs" mt={12} onClick={() => keeper.settle(null)}>
          {JOURNEY_EDIT.keepMine}
        </Button>
      </Modal>
    )
  }
  return (
    <Merging
      journey={now.drawing.journey}
      base={agreed}
      mine={now.files}
      theirs={theirs.files}
      title={JOURNEY_EDIT.clash(
        nameOf(theirs.draft.saved_by),
        hourAndMinute(theirs.draft.saved_at),
      )}
      onDone={settle}
    />
  )
}

/** Problems that came with a change of what runs: who made it, and when. */
export function Causes({ editing }: { editing: Editing }) {
  const { causes = [] } = useDeskState(editing.desk).now
  const nameOf = useNames()
  return causes.map((cause) => (
    <div className="draft-moved" key={`${cause.at} ${cause.change}`}>
      <Note
        tone="bad"
        title={JOURNEY_EDIT.cause(nameOf(cause.by), hourAndMinute(cause.at), cause.change)}
      >
        {JOURNEY_EDIT.causeWhy(cause.problems.length)}
      </Note>
    </div>
  ))
}

export function Moved({ editing }: { editing: Editing }) {
  const { desk, keeper } = editing
  const { now } = useDeskState(desk)
  const { draft } = useSaving(keeper)
  const nameOf = useNames()
  const [isBringing, setBringing] = useState(false)
  const bring = useCallback(
    (merge: Merge) => {
      setBringing(false)
      desk.replace(merge.files, merge, JOURNEY_EDIT.brought)
      keeper.follow()
    },
    [desk, keeper],
  )
  if (draft === null || draft.moved.length === 0) return null
  const title = JOURNEY_EDIT.moved(
    draft.moved.join(', '),
    draft.moved_by === '' ? '' : nameOf(draft.moved_by),
    hourAndMinute(draft.moved_at),
  )
  return (
    <div className="draft-moved">
      <Note
        tone="warn"
        title={title}
        action={
          <Button size="compact-xs" variant="default" onClick={() => setBringing(true)}>
            {JOURNEY_EDIT.bringIn}
          </Button>
        }
      >
        {JOURNEY_EDIT.movedWhy}
      </Note>
      {isBringing && (
        <Merging
          journey={now.drawing.journey}
          base={draft.was}
          mine={now.files}
          theirs={RUNNING}
          title={JOURNEY_EDIT.bringIn}
          onDone={bring}
          onClose={() => setBringing(false)}
        />
      )}
    </div>
  )
}
