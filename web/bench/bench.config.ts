import { defineConfig } from '@playwright/test'
import flows from '../playwright.config.ts'

/** Measures the studio in the browser that the flows run in: "scripts/web bench". */
export default defineConfig({
  ...flows,
  testDir: '.',
  outputDir: '../../test/results/bench',
  testMatch: 'browser.ts',
  timeout: 300_000,
  workers: 1,
  projects: [{ name: 'bench', use: { locale: 'en-US', timezoneId: 'Asia/Seoul' } }],
})
