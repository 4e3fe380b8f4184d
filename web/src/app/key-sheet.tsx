// The sheet of keys.
import { Kbd, Modal } from '@mantine/core'
import { Fragment } from 'react'
import { SHELL } from '@/words/shell'
import { usePresentKeys } from './keys'

export default function KeySheet({ onClose }: { onClose: () => void }) {
  const keys = usePresentKeys()
  return (
    <Modal
      opened
      onClose={onClose}
      title={SHELL.keys}
      closeButtonProps={{ 'aria-label': 'Close' }}
      size={420}
    >
      <dl className="keys">
        {keys.map((key) => (
          <Fragment key={key.press}>
            <dt>
              <Kbd size="xs">{key.press}</Kbd>
            </dt>
            <dd>{key.does}</dd>
          </Fragment>
        ))}
      </dl>
    </Modal>
  )
}
