// Back from the provider: the code is exchanged once, and taken out of the address.
import { Button, Skeleton } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { api, Refused, take } from '@/api/client'
import { Empty } from '@/kit/empty'
import { Go } from '@/kit/go'
import { Head } from '@/kit/head'
import { Proving, useGrave } from '@/screens/access/proof'
import { CONNECTIONS } from '@/words/connections'
import { title } from '@/words/format'
import { type Answer, answerIn } from './coming-back'
import './connections.css'

const WORDS = CONNECTIONS.agree
const UNDER = { label: CONNECTIONS.title, to: '/connections' }

export default function ComingBack() {
  const [answer] = useState(() => answerIn(location.search))
  return (
    <>
      <Head title={WORDS.title} under={UNDER} />
      <div className="page">
        <div className="page-in connections">
          <Proving>
            {answer.is === 'nothing' ? (
              <Ended title={WORDS.nothing} fix={WORDS.nothingFix} />
            ) : (
              <Ending answer={answer} />
            )}
          </Proving>
        </div>
      </div>
    </>
  )
}

type Given = Exclude<Answer, { is: 'nothing' }>

function Ending({ answer }: { answer: Given }) {
  const grave = useGrave()
  const queries = useQueryClient()
  const isBegun = useRef(false)
  const end = useMutation({
    mutationFn: () => grave(() => ended(answer)),
    onSettled: () => {
      // Neither history nor a reload has the code any more.
      history.replaceState(history.state, '', location.pathname)
      return queries.invalidateQueries({ queryKey: ['destinations'] })
    },
  })
  const { mutate } = end
  useEffect(() => {
    if (isBegun.current) return
    isBegun.current = true
    mutate()
  }, [mutate])

  const name = end.data?.destination
  if (end.isError) {
    const { error } = end
    const isDeclined = answer.is === 'declined'
    if (isDeclined) return <Ended title={answer.why} fix={answer.fix} />
    if (error instanceof Refused) return <Ended title={error.message} fix={error.fix} />
    return <Ended title={WORDS.failed} fix={WORDS.nothingFix} />
  }
  if (name === undefined) return <Skeleton h={180} aria-label={WORDS.waiting} />
  if (answer.is === 'declined') return <Ended title={answer.why} fix={answer.fix} name={name} />
  return <Ended title={WORDS.done(title(name))} fix={WORDS.doneWhy} name={name} />
}

function ended(answer: Given): Promise<{ destination: string }> {
  const { state } = answer
  if (answer.is === 'declined') {
    return take(api.POST('/api/destinations/declined', { body: { state } }))
  }
  return take(api.POST('/api/destinations/connected', { body: { state, code: answer.code } }))
}

function Ended({ title: said, fix, name = '' }: { title: string; fix: string; name?: string }) {
  const to = name === '' ? '/connections' : `/connections/destinations/${name}`
  return (
    <Empty
      title={said}
      action={
        <Button size="xs" component={Go} to={to}>
          {name === '' ? WORDS.back : WORDS.toIt(title(name))}
        </Button>
      }
    >
      {fix}
    </Empty>
  )
}
