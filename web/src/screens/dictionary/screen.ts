import { IconBook2 } from '@tabler/icons-react'
import { screen } from '@/app/screen'

export default screen({
  label: 'Data dictionary',
  icon: IconBook2,
  group: 'Govern',
  order: 10,
  needs: 'look',
  pages: [
    { path: '/dictionary', load: () => import('./list') },
    { path: '/dictionary/$name', load: () => import('./one') },
  ],
})
