// What is done with a draft: proposed to those whom it concerns, discarded, or under another name.
import { Button, Modal, Textarea, TextInput } from '@mantine/core'
import { type FormEvent, type ReactNode, useState } from 'react'
import { useQueryClient } from '@tanstack/react-query'
import { api, Refused, take } from '@/api/client'
import { Clash, propose, save } from '@/api/drafts'
import { useGo } from '@/kit/go'
import { No } from '@/kit/no'
import { Note } from '@/kit/note'
import { SEGMENTS } from '@/words/segments'
import { type Draft, titleOf } from './draft'
import { draftOf } from './names'

type Props = { draft: Draft; onClose: () => void }

export function Propose({ draft, onClose }: Props) {
  const go = useGo()
  const [what, setWhat] = useState(draft.now === null ? '' : titleOf(draft.now))
  const [why, setWhy] = useState('')
  const [wrong, setWrong] = useState<{ title: string; fix: string } | null>(null)
  const drawing = draft.now?.drawing
  const isBroken = (drawing?.problems.length ?? 0) + (drawing?.elsewhere.length ?? 0) > 0

  async function send() {
    setWrong(null)
    const kept = await draft.flush()
    if (kept === null) return onClose()
    try {
      const made = await propose(draftOf(draft.name), { title: what, why }, kept.etag)
      const [first] = made.problems
      if (made.change !== null) return go(`/approvals/${made.change}`)
      if (first !== undefined) setWrong({ title: first.what, fix: first.fix })
    } catch (error) {
      if (error instanceof Clash) return onClose()
      if (!(error instanceof Refused)) throw error
      setWrong({ title: error.message, fix: error.fix })
    }
  }

  return (
    <Sheet title={SEGMENTS.propose} onClose={onClose} onSend={send} label={SEGMENTS.propose}>
      <p className="quiet small pretty">{SEGMENTS.proposeWhat}</p>
      <TextInput
        data-autofocus
        label={SEGMENTS.proposeTitle}
        required
        withAsterisk={false}
        maxLength={200}
        value={what}
        onChange={(event) => setWhat(event.currentTarget.value)}
      />
      <Textarea
        label={SEGMENTS.proposeWhy}
        rows={3}
        maxLength={2_000}
        value={why}
        onChange={(event) => setWhy(event.currentTarget.value)}
      />
      {isBroken && <Note tone="warn" title={SEGMENTS.hasProblems} />}
      {wrong !== null && (
        <Note tone="bad" title={wrong.title}>
          {wrong.fix}
        </Note>
      )}
    </Sheet>
  )
}

export function Discard({ draft, runs, onClose }: Props & { runs: boolean }) {
  const go = useGo()
  async function send() {
    await draft.throwAway()
    onClose()
    if (!runs) go('/segments')
  }
  return (
    <Sheet title={SEGMENTS.discard} onClose={onClose} onSend={send} label={SEGMENTS.discard}>
      <p className="pretty">{SEGMENTS.discardWhy}</p>
    </Sheet>
  )
}

export function Rename({ draft, onClose }: Props) {
  const go = useGo()
  const queries = useQueryClient()
  const [name, setName] = useState(draft.name)
  async function send() {
    const made = await take(
      api.POST('/api/drawing/segment/edit', {
        body: {
          segment: draft.name,
          files: draft.now?.files ?? {},
          edits: [{ edit: 'rename_segment', name }],
        },
      }),
    )
    const about = { name: draftOf(name), journey: '', title: titleOf(made) }
    await save({ ...about, base: made.base, files: made.files }, '')
    await draft.throwAway()
    await queries.invalidateQueries({ queryKey: ['drafts'] })
    go(`/segments/${name}`)
  }
  return (
    <Sheet title={SEGMENTS.rename} onClose={onClose} onSend={send} label={SEGMENTS.renameDo}>
      <p className="quiet small pretty">{SEGMENTS.renameWhy}</p>
      <TextInput
        data-autofocus
        label={SEGMENTS.name}
        description={SEGMENTS.nameHint}
        pattern="[a-z][a-z0-9_]{0,59}"
        required
        withAsterisk={false}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
    </Sheet>
  )
}

type SheetProps = {
  title: string
  label: string
  onClose: () => void
  onSend: () => Promise<void>
  children: ReactNode
}

function Sheet({ title, label, onClose, onSend, children }: SheetProps) {
  const [isSent, setSent] = useState(false)
  const [error, setError] = useState<unknown>(null)
  async function submit(event: FormEvent) {
    event.preventDefault()
    setSent(true)
    setError(null)
    try {
      await onSend()
    } catch (refused) {
      setError(refused)
    } finally {
      setSent(false)
    }
  }
  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      size={460}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form className="segments-form" onSubmit={(event) => void submit(event)}>
        {children}
        <No error={error} />
        <Button type="submit" size="xs" loading={isSent}>
          {label}
        </Button>
      </form>
    </Modal>
  )
}
