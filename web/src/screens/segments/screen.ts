import { IconUsersGroup } from '@tabler/icons-react'
import { screen } from '@/app/screen'

export default screen({
  label: 'Segments',
  icon: IconUsersGroup,
  group: 'Orchestrate',
  order: 20,
  needs: 'look',
  pages: [
    { path: '/segments', load: () => import('./list') },
    { path: '/segments/$name', load: () => import('./one') },
  ],
})
