// Joining, parting, or saying that two are two: what happens, who may, and why, before it is done.
import { Button, Modal, Textarea } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import { No } from '@/kit/no'
import { IDENTITY } from '@/words/identity'

const TRIALS = new Set<unknown>(['join', 'part'])
const REASON_MIN = 10
const REASON_MAX = 500

export type Deed = keyof typeof IDENTITY.deeds

type Props<Done> = {
  deed: Deed
  /** Whom it is about, as they are called here. */
  name: string
  size?: 'md' | 'xl'
  /** It has been tried, and cannot be. */
  isRefused?: boolean
  act: (reason: string) => Promise<Done>
  onDone: (done: Done) => void
  onClose: () => void
  children?: ReactNode
}

export function Sure<Done>(props: Props<Done>) {
  const { deed, name, size = 'md', isRefused = false, act, onDone, onClose, children } = props
  const [reason, setReason] = useState('')
  const queries = useQueryClient()
  const words = IDENTITY.deeds[deed]
  const done = useMutation({
    mutationFn: act,
    onSuccess: async (made) => {
      onClose()
      onDone(made)
      // What was tried is done: to try it again would be refused.
      await queries.invalidateQueries({ predicate: ({ queryKey }) => !TRIALS.has(queryKey[0]) })
    },
  })
  function submit(event: FormEvent) {
    event.preventDefault()
    done.mutate(reason.trim())
  }
  return (
    <Modal
      opened
      onClose={onClose}
      size={size}
      title={words.title(name)}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form className="sure" onSubmit={submit}>
        <ul>
          {words.what.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
        {children}
        <Textarea
          data-autofocus
          label={IDENTITY.reason}
          placeholder={IDENTITY.reasonPlaceholder}
          description={`${IDENTITY.record} ${IDENTITY.who}`}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          autosize
          minRows={2}
          maxLength={REASON_MAX}
          required
          withAsterisk={false}
        />
        <No error={done.error} />
        <div className="row">
          <span className="grow" />
          <Button size="xs" variant="default" onClick={onClose}>
            {IDENTITY.cancel}
          </Button>
          <Button
            size="xs"
            type="submit"
            loading={done.isPending}
            disabled={isRefused || reason.trim().length < REASON_MIN}
          >
            {words.act}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
