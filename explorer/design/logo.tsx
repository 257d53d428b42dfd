/** The mark: a fireplace with its fire. design/logo.svg is the same, for other pages. */
export function Logo({ size = 24 }: { readonly size?: number }) {
  return (
    <svg class="logo" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <path
        class="logo-stone"
        d="M5 4h22a2 2 0 0 1 2 2v20a2 2 0 0 1-2 2h-4.5v-7.5a6.5 6.5 0 0 0-13 0V28H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2Z"
      />
      <path
        class="logo-fire"
        d="M16.2 15.5c3.2 2.6 4.3 4.8 4.3 7.3 0 3-1.9 5.2-4.5 5.2s-4.5-2-4.5-4.7c0-1.7.8-2.9 1.9-4 .1 1.2.6 1.9 1.4 2.2-.5-2.4.1-4.4 1.4-6Z"
      />
    </svg>
  );
}
