// Where files are brought: dropped, or chosen by a button, which keys reach.
import { Button } from '@mantine/core'
import { IconFileImport } from '@tabler/icons-react'
import { type DragEvent, useEffect, useRef, useState } from 'react'
import { Note } from '@/kit/note'
import { DEFINITIONS } from '@/words/definitions'
import { bring, type Brought, chosenIn, droppedIn } from './given'

export function Drop({ brought }: { brought: Brought }) {
  const [isOver, setOver] = useState(false)
  const [isNothing, setNothing] = useState(false)
  const files = useRef<HTMLInputElement>(null)
  const folder = useRef<HTMLInputElement>(null)
  const choose = useRef<HTMLButtonElement>(null)
  const isPutAway = brought.stamp > 0
  useEffect(() => {
    if (isPutAway && document.activeElement === document.body) choose.current?.focus()
  }, [isPutAway])

  async function take(found: Iterable<readonly [string, File]>) {
    setNothing(!(await bring(found)))
  }

  function over(event: DragEvent) {
    event.preventDefault()
    setOver(true)
  }

  function drop(event: DragEvent) {
    event.preventDefault()
    setOver(false)
    void droppedIn(event.dataTransfer).then(take)
  }

  function chosen(input: HTMLInputElement) {
    const found = chosenIn(input.files ?? new DataTransfer().files)
    input.value = '' // the same file may be chosen again, when it was put right
    if (found.length > 0) void take(found)
  }

  return (
    <section
      className="definitions-drop"
      aria-label={DEFINITIONS.drop}
      data-over={isOver}
      onDragOver={over}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <IconFileImport size={26} stroke={1.5} aria-hidden="true" />
      <div className="grow">
        <p className="strong">{DEFINITIONS.drop}</p>
        <p className="quiet small pretty">{DEFINITIONS.dropWhy}</p>
        {isNothing && <Note tone="warn" title={DEFINITIONS.nothingChosen} />}
        {brought.isTooLarge && <Note tone="warn" title={DEFINITIONS.tooLarge} />}
      </div>
      <input
        ref={files}
        type="file"
        hidden
        multiple
        accept=".yaml,.yml,.zip"
        onChange={(event) => chosen(event.currentTarget)}
      />
      <input
        ref={folder}
        type="file"
        hidden
        multiple
        {...{ webkitdirectory: '' }}
        onChange={(event) => chosen(event.currentTarget)}
      />
      <Button size="xs" variant="default" onClick={() => folder.current?.click()}>
        {DEFINITIONS.chooseFolder}
      </Button>
      <Button ref={choose} size="xs" onClick={() => files.current?.click()}>
        {DEFINITIONS.choose}
      </Button>
    </section>
  )
}
