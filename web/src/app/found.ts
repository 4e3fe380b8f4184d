// What the palette finds: asked of the server page by page, once typing has paused.
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useDebouncedValue } from '@mantine/hooks'
import { api, take } from '@/api/client'

const SETTLE_MS = 120
const FOUND = 20

/** `isBehind`: what is shown is of a text before, and the answer is on its way. */
export function useFound(text: string, isAsked: boolean) {
  const wanted = text.trim()
  const [settled] = useDebouncedValue(wanted, SETTLE_MS)
  const query = useInfiniteQuery({
    queryKey: ['find', settled],
    queryFn: ({ pageParam, signal }) => {
      const body = { text: settled, offset: pageParam, limit: FOUND }
      return take(api.POST('/api/find', { body, signal }))
    },
    initialPageParam: 0,
    getNextPageParam: (last, pages) => (last.is_more ? pages.length * FOUND : undefined),
    placeholderData: keepPreviousData,
    enabled: isAsked && settled !== '',
    retry: false,
    gcTime: 0, // what was looked for may be somebody's address
  })
  const isAnswered = query.data !== undefined && !query.isPlaceholderData
  const isBehind =
    isAsked &&
    wanted !== '' &&
    (settled !== wanted || (query.fetchStatus === 'fetching' && !isAnswered))
  return {
    found: wanted === '' ? [] : (query.data?.pages.flatMap((page) => page.found) ?? []),
    isBehind,
    isAway: query.isError && settled === wanted && wanted !== '',
    isMore: query.hasNextPage && !query.isPlaceholderData,
    isReading: query.isFetchingNextPage,
    readOn: query.fetchNextPage,
  }
}
