// Live counts of a journey. Each node asks for its own figure, so that only what changed is drawn.
import { useQuery } from '@tanstack/react-query'
import { useCallback, useContext } from 'react'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { BoardContext, useBoard } from './context'

export type Traffic = components['schemas']['Traffic']
type Taken = components['schemas']['Taken']

const EVERY_MS = 3_000

function useAsked<Picked>(
  journey: string,
  select: (traffic: Traffic) => Picked,
  isRunning: boolean,
) {
  const still = useContext(BoardContext)?.still
  return useQuery({
    ...asking(journey, isRunning),
    ...(still !== undefined && {
      enabled: false,
      queryKey: ['journeys', 'still', journey, still.name],
      initialData: still.traffic,
    }),
    select,
  })
}

function asking(journey: string, isRunning: boolean) {
  return {
    enabled: isRunning,
    queryKey: ['journeys', 'traffic', journey, isRunning],
    queryFn: () =>
      take(api.GET('/api/journeys/{name}/traffic', { params: { path: { name: journey } } })),
    refetchInterval: EVERY_MS,
  }
}

const whole = (traffic: Traffic) => traffic

export function useTraffic(journey: string, isRunning = true) {
  return useAsked(journey, whole, isRunning)
}

/** How many passages stand at a step now; undefined: not known yet. */
export function useWaiting(stepId: string): number | undefined {
  const { journey, isRunning } = useBoard()
  const select = useCallback((traffic: Traffic) => traffic.crowd.waiting?.[stepId] ?? 0, [stepId])
  return useAsked(journey, select, isRunning).data
}

/** How many went from one step to another lately, and the most that went anywhere. */
export function useTaken(from: string, to: string): { count: number; most: number } | undefined {
  const { journey, isRunning } = useBoard()
  const select = useCallback(
    (traffic: Traffic) => ({
      count: takenBetween(traffic.moves.taken, from, to),
      most: Math.max(1, ...traffic.moves.taken.map((each) => each.count)),
    }),
    [from, to],
  )
  return useAsked(journey, select, isRunning).data
}

export function takenBetween(taken: readonly Taken[], from: string, to: string): number {
  return taken
    .filter((each) => each.from_step === from && each.to_step === to)
    .reduce((sum, each) => sum + each.count, 0)
}

/** How many came in. */
export function enteredIn(traffic: Traffic): number {
  return takenBetween(traffic.moves.taken, '', '')
}
