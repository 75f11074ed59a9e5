/** The latest 02:00 UTC before now, an occurrence of the schedule of `escrowSettings`; `daysBefore` earlier ones. */
export function lastNight(daysBefore = 0): Date {
  const day = 24 * 60 * 60 * 1000;
  const today = Math.floor(Date.now() / day) * day + 2 * 60 * 60 * 1000;
  return new Date((today <= Date.now() ? today : today - day) - daysBefore * day);
}
