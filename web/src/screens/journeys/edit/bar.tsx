// The head of a draft: what is saved, undo and redo, and on to others.
import { ActionIcon, Button } from '@mantine/core'
import { IconArrowBackUp, IconArrowForwardUp } from '@tabler/icons-react'
import { useEffect } from 'react'
import { Go, useGo } from '@/kit/go'
import { hourAndMinute } from '@/words/format'
import { JOURNEY_EDIT } from '@/words/journey-edit'
import { type Editing, useDeskState, useSaving } from './editing'
import type { Saving } from './keeper'

export function Saved({ editing }: { editing: Editing }) {
  const saving = useSaving(editing.keeper)
  const isUnkept = saving.isUnkept && saving.is !== 'saved'
  useEffect(() => {
    if (!isUnkept) return
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    addEventListener('beforeunload', ask)
    return () => removeEventListener('beforeunload', ask)
  }, [isUnkept])
  return (
    <span className="draft-saved" data-is={saving.is} role="status">
      {wordsOf(saving)}
    </span>
  )
}

function wordsOf(saving: Saving): string {
  const words = JOURNEY_EDIT.saving
  if (saving.is === 'saved') return JOURNEY_EDIT.saved(hourAndMinute(saving.savedAt))
  if (saving.is === 'away' && saving.isUnkept) return words.unkept
  if (saving.is === 'refused' && saving.error !== null) {
    return `${words.refused}: ${saving.error.message}`
  }
  return words[saving.is]
}

type Props = { editing: Editing; onUndo: () => void; onRedo: () => void }

export function Undoing({ editing, onUndo, onRedo }: Props) {
  const { past, now, future } = useDeskState(editing.desk)
  const undo = JOURNEY_EDIT.undo(past.length > 0 ? now.said : '')
  const redo = JOURNEY_EDIT.redo(future[0]?.said ?? '')
  return (
    <span className="draft-undo">
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={undo}
        title={`${undo}  Ctrl Z`}
        aria-disabled={past.length === 0}
        onClick={onUndo}
      >
        <IconArrowBackUp size={17} stroke={1.8} />
      </ActionIcon>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={redo}
        title={`${redo}  Ctrl Shift Z`}
        aria-disabled={future.length === 0}
        onClick={onRedo}
      >
        <IconArrowForwardUp size={17} stroke={1.8} />
      </ActionIcon>
    </span>
  )
}

/** Leads on when all is saved: what is rehearsed is the draft that the server has. */
export function RehearseLink({ editing, journey }: { editing: Editing; journey: string }) {
  const go = useGo()
  const { draft, keeper } = editing
  const to = `/journeys/${encodeURIComponent(journey)}/rehearse`
  return (
    <Go
      className="draft-go"
      to={to}
      search={{ draft }}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return
        event.preventDefault()
        void keeper.flush().then(() => go(to, keeper.state().draft === null ? {} : { draft }))
      }}
    >
      {JOURNEY_EDIT.rehearse}
    </Go>
  )
}

export function ProposeButton({ onClick }: { onClick: () => void }) {
  return (
    <Button size="xs" onClick={onClick}>
      {JOURNEY_EDIT.propose}
    </Button>
  )
}
