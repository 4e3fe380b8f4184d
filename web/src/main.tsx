// Where the Studio begins.
import './style/all'
import { MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Refused } from './api/client'
import { router } from './app/router'
import { schemes, theme } from './app/theme'

const TRIES = 2

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      // A Legato on this machine answers without a network; and one that does not is to be said so.
      networkMode: 'always',
      // What was refused will be refused again; what was not answered may be.
      retry: (count, error) => error instanceof Refused && error.isAway && count < TRIES,
      throwOnError: false,
    },
    mutations: { networkMode: 'always' },
  },
})

const place = document.getElementById('root')
if (place === null) throw new Error('index.html has no root')
createRoot(place).render(
  <StrictMode>
    <MantineProvider theme={theme} colorSchemeManager={schemes} defaultColorScheme="auto">
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
)
