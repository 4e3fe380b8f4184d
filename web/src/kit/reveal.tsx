// Personal values, for a stated reason only: masked until then, and on record from then on.
import { Button, Modal, TextInput } from '@mantine/core'
import { IconEye, IconEyeOff } from '@tabler/icons-react'
import { type FormEvent, useState } from 'react'
import { Refused } from '@/api/client'
import { useMay, useMe } from '@/app/session'
import { Note } from './note'
import { CUSTOMERS } from '@/words/customers'

const LENGTH_MIN = 10

type Props = { isRevealed: boolean; refused: unknown; onReveal: (reason: string) => void }

export function Reveal({ isRevealed, refused, onReveal }: Props) {
  const [isAsking, setAsking] = useState(false)
  const [reason, setReason] = useState('')
  const may = useMay('reveal')
  const { role } = useMe()

  function submit(event: FormEvent) {
    event.preventDefault()
    setAsking(false)
    onReveal(reason.trim())
  }

  if (isRevealed) {
    return (
      <>
        {refused instanceof Refused && (
          <Note tone="bad" title={refused.message}>
            {refused.fix}
          </Note>
        )}
        <Button
          size="xs"
          variant="default"
          leftSection={<IconEyeOff size={15} stroke={1.7} />}
          onClick={() => onReveal('')}
        >
          {CUSTOMERS.hide}
        </Button>
      </>
    )
  }
  return (
    <>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconEye size={15} stroke={1.7} />}
        disabled={!may}
        title={may ? undefined : CUSTOMERS.mayNot(role)}
        onClick={() => setAsking(true)}
      >
        {CUSTOMERS.reveal}
      </Button>
      <Modal
        opened={isAsking}
        onClose={() => setAsking(false)}
        title={CUSTOMERS.reveal}
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <form onSubmit={submit}>
          <p className="ink2 small">{CUSTOMERS.revealWhy}</p>
          <TextInput
            mt={12}
            data-autofocus
            label={CUSTOMERS.revealLabel}
            placeholder={CUSTOMERS.revealPlaceholder}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            minLength={LENGTH_MIN}
            maxLength={500}
            required
            withAsterisk={false}
          />
          <Button type="submit" mt={16} disabled={reason.trim().length < LENGTH_MIN}>
            {CUSTOMERS.revealDo}
          </Button>
        </form>
      </Modal>
    </>
  )
}
