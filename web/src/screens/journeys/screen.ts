import { IconRoute } from '@tabler/icons-react'
import { screen } from '@/app/screen'

export default screen({
  label: 'Journeys',
  icon: IconRoute,
  group: 'Orchestrate',
  order: 10,
  needs: 'look',
  pages: [
    { path: '/journeys', load: () => import('./list') },
    { path: '/journeys/$name', load: () => import('./canvas') },
  ],
})
