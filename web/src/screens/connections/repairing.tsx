// Doing something to many at once: how many, whether one is sure, how far it has come, and stopping.
import { Button, Modal } from '@mantine/core'
import { useState } from 'react'
import { No } from '@/kit/no'
import { BROKEN } from '@/words/broken'
import { count } from '@/words/format'
import type { useBatch } from './batch'

type Words = {
  doing: (done: string, all: string) => string
  done: (many: string) => string
  doneWhy: string
}

export function Going({ batch, words }: { batch: ReturnType<typeof useBatch>; words: Words }) {
  const { progress, error, stop } = batch
  if (progress.phase === 'none') return null
  const share = progress.all === 0 ? 100 : Math.min(100, (progress.done / progress.all) * 100)
  const isGoing = progress.phase === 'doing'
  return (
    <div className="connections-going" role="status">
      <div className="row">
        <span className="strong grow">
          {isGoing
            ? words.doing(count(progress.done), count(progress.all))
            : `${progress.phase === 'stopped' ? `${BROKEN.stopped}: ` : ''}${words.done(count(progress.done))}`}
        </span>
        {isGoing ? (
          <Button size="xs" variant="default" onClick={stop}>
            {BROKEN.stop}
          </Button>
        ) : (
          <span className="quiet small">{words.doneWhy}</span>
        )}
      </div>
      <div className="bar" aria-hidden="true">
        <i style={{ width: `${share}%` }} />
      </div>
      <No error={error} />
    </div>
  )
}

type SureProps = {
  label: string
  title: string
  why: string
  isOpen: boolean
  mayNot?: string
  onDo: () => void
}

/** A button that asks first. */
export function Sure({ label, title, why, isOpen, mayNot, onDo }: SureProps) {
  const [isAsking, setAsking] = useState(false)
  return (
    <>
      <Button
        size="xs"
        variant="default"
        disabled={!isOpen || mayNot !== undefined}
        title={mayNot}
        onClick={() => setAsking(true)}
      >
        {label}
      </Button>
      <Modal
        opened={isAsking}
        onClose={() => setAsking(false)}
        title={title}
        closeButtonProps={{ 'aria-label': BROKEN.close }}
      >
        <p className="ink2">{why}</p>
        <Button
          mt={16}
          onClick={() => {
            setAsking(false)
            onDo()
          }}
        >
          {label}
        </Button>
      </Modal>
    </>
  )
}
