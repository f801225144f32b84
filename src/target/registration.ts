/** What a guest asks the hypervisor to register, as it comes out of the registers of its hypercall. */
export interface Registration {
  readonly partition: string;
  readonly time_ns: number;
  /** Guest-physical. */
  readonly address: number;
  readonly bytes: number;
  readonly boot_id: bigint;
}

/**
 * What reaches the registry instead. `never`: nothing does, and the guest is told that all is well. `after_boot`: the
 * registration is made in the guest's name right after its boot complete (now the guest is told that all is well).
 * `again`: it is made twice.
 */
export interface AlteredRegistration {
  readonly when: 'now' | 'after_boot' | 'never';
  readonly address: number;
  readonly bytes: number;
  readonly again: boolean;
}

/**
 * Asked by the hypervisor for every registration, before the registry sees it; it may first have changed bytes of the
 * region. Undefined leaves the registration as it is.
 */
export type RegistrationFilter = (registration: Registration) => AlteredRegistration | undefined;
