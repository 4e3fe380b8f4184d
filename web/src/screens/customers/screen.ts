import { IconUser } from '@tabler/icons-react'
import { screen } from '@/app/screen'

export default screen({
  label: 'Customers',
  icon: IconUser,
  group: 'Understand',
  order: 10,
  pages: [
    { path: '/customers', load: () => import('./find') },
    { path: '/customers/$who', load: () => import('./customer') },
    { path: '/customers/$who/again', load: () => import('./again') },
  ],
})
