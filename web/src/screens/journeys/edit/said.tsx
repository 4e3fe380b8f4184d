// What was just done or undone, and why something was not.
import { CloseButton } from '@mantine/core'
import { Note } from '@/kit/note'
import { JOURNEY_EDIT } from '@/words/journey-edit'
import { useBoard } from '../context'
import { type Editing, useDeskState } from './editing'

type Props = {
  editing: Editing
  said: { text: string; isDone: boolean }
  onUndo: () => void
  onClose: () => void
}

export function Said({ editing, said, onUndo, onClose }: Props) {
  const { desk, cut } = editing
  const { steps } = useBoard()
  const { refused } = useDeskState(desk)
  if (refused !== null) {
    return (
      <div className="draft-said" data-tone="bad">
        <Note
          tone="bad"
          title={refused.isAway ? JOURNEY_EDIT.needsServer : refused.message}
          action={<CloseButton aria-label={JOURNEY_EDIT.dismiss} onClick={() => desk.dismiss()} />}
        >
          {refused.isAway ? undefined : refused.fix}
        </Note>
      </div>
    )
  }
  if (cut !== '') {
    return (
      <p className="draft-said" role="status">
        {JOURNEY_EDIT.cutNow(steps.nameOf(cut))}
      </p>
    )
  }
  if (said.text === '') return null
  return (
    <p className="draft-said" role="status">
      {said.text}{' '}
      {said.isDone && (
        <button type="button" className="link" onClick={onUndo}>
          {JOURNEY_EDIT.undoIt}
        </button>
      )}
      <CloseButton size="xs" aria-label={JOURNEY_EDIT.dismiss} onClick={onClose} />
    </p>
  )
}
