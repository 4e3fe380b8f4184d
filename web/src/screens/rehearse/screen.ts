import { IconPlayerPlay } from '@tabler/icons-react'
import { screen } from '@/app/screen'

export default screen({
  label: 'Rehearsals',
  icon: IconPlayerPlay,
  group: 'Orchestrate',
  order: 30,
  needs: 'rehearse',
  pages: [
    { path: '/rehearsals', load: () => import('./list') },
    { path: '/journeys/$name/rehearse', load: () => import('./rehearse') },
  ],
})
