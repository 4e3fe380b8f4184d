// A draft goes to those whom it concerns.
import { Button, Modal, Textarea, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { Refused } from '@/api/client'
import { useGo } from '@/kit/go'
import { Note } from '@/kit/note'
import { JOURNEY_EDIT } from '@/words/journey-edit'
import { useBoard } from '../context'
import { Clash, propose } from './calls'
import type { Editing } from './editing'

type Wrong = { title: string; fix: string }

export function Propose({ editing, onClose }: { editing: Editing; onClose: () => void }) {
  return (
    <Modal opened onClose={onClose} title={JOURNEY_EDIT.proposeTitle} size={460}>
      <Form editing={editing} onClose={onClose} />
    </Modal>
  )
}

function Form({ editing, onClose }: { editing: Editing; onClose: () => void }) {
  const { title, drawing } = useBoard()
  const go = useGo()
  const [what, setWhat] = useState(title)
  const [why, setWhy] = useState('')
  const [wrong, setWrong] = useState<Wrong | null>(null)
  const [isSent, setSent] = useState(false)

  async function send(event: FormEvent) {
    event.preventDefault()
    setSent(true)
    setWrong(null)
    try {
      await editing.keeper.flush()
      const { draft, is } = editing.keeper.state()
      if (is === 'clash') return onClose()
      if (draft === null) return setWrong({ title: JOURNEY_EDIT.nothing, fix: '' })
      const made = await propose(editing.draft, { title: what, why }, draft.etag)
      const [first] = made.problems
      if (made.change !== null) return go(`/approvals/${made.change}`)
      if (first !== undefined) setWrong({ title: first.what, fix: first.fix })
    } catch (error) {
      if (error instanceof Clash) return onClose()
      if (!(error instanceof Refused)) throw error
      setWrong({ title: error.message, fix: error.fix })
    } finally {
      setSent(false)
    }
  }

  return (
    <form className="draft-propose" onSubmit={(event) => void send(event)}>
      <p className="quiet small pretty">{JOURNEY_EDIT.proposeWhat}</p>
      <TextInput
        label={JOURNEY_EDIT.name}
        required
        data-autofocus
        maxLength={200}
        value={what}
        onChange={(event) => setWhat(event.currentTarget.value)}
      />
      <Textarea
        label={JOURNEY_EDIT.why}
        rows={3}
        maxLength={2000}
        value={why}
        onChange={(event) => setWhy(event.currentTarget.value)}
      />
      {!drawing.is_plan && <Note tone="warn" title={JOURNEY_EDIT.hasProblems} />}
      {wrong !== null && (
        <Note tone="bad" title={wrong.title}>
          {wrong.fix}
        </Note>
      )}
      <Button type="submit" size="xs" loading={isSent} disabled={what.trim() === ''}>
        {JOURNEY_EDIT.propose}
      </Button>
    </form>
  )
}
