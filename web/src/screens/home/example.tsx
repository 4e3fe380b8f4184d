// The example: that this is one, and one click that removes it. What is left is a clean workspace.
import { Button } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { api, Refused, take } from '@/api/client'
import { useMay, useMe } from '@/app/session'
import { Note } from '@/kit/note'
import { HOME } from '@/words/home'

const AGAIN_MS = 1_000

export function Example() {
  const standing = useQuery({
    queryKey: ['example'],
    queryFn: () => take(api.GET('/api/example')),
    staleTime: Number.POSITIVE_INFINITY,
  })
  if (standing.data === undefined || !standing.data.is_there) return null
  return <Offer />
}

function Offer() {
  const [isAsked, setAsked] = useState(false)
  const may = useMay('administer')
  const { role } = useMe()
  const remove = useMutation({ mutationFn: () => take(api.POST('/api/example/remove')) })
  useBegunAnew(remove.isSuccess)
  const words = HOME.example
  if (remove.isSuccess) return <Note title={words.going}>{words.goingWhy}</Note>
  if (!isAsked) {
    return (
      <Note
        title={words.is}
        action={
          <Button
            size="xs"
            variant="default"
            disabled={!may}
            title={may ? undefined : words.mayNot(role)}
            onClick={() => setAsked(true)}
          >
            {words.remove}
          </Button>
        }
      >
        {may ? words.isWhy : `${words.isWhy} ${words.mayNot(role)}`}
      </Note>
    )
  }
  return (
    <Note
      tone="warn"
      title={words.sure}
      action={
        <span className="row">
          <Button size="xs" variant="default" onClick={() => setAsked(false)}>
            {words.keep}
          </Button>
          <Button size="xs" loading={remove.isPending} onClick={() => remove.mutate()}>
            {words.removeNow}
          </Button>
        </span>
      }
    >
      {remove.error instanceof Refused
        ? `${remove.error.message} ${remove.error.fix}`
        : words.sureWhy}
    </Note>
  )
}

/** Once it is removed, wait until Legato answers again without it, and load everything anew. */
function useBegunAnew(isRemoved: boolean): void {
  useEffect(() => {
    if (!isRemoved) return
    const timer = setInterval(() => {
      take(api.GET('/api/example')).then(
        (now) => {
          if (!now.is_there) location.reload()
        },
        () => undefined, // it is about to begin anew
      )
    }, AGAIN_MS)
    return () => clearInterval(timer)
  }, [isRemoved])
}
