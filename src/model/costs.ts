/**
 * What an attachment takes in virtual nanoseconds: the hypervisor makes the grants and maps the patient's memory for
 * the ambulance.
 */
export const ATTACH_NS = 20_000;

/**
 * After an oops nobody is sent before the guest has had this much time: the kernel writes its report, and the task that
 * it kills lets go of what it can, or takes the kernel along. What is found in the middle of that hangs on the instant.
 */
export const OOPS_SETTLE_NS = 20_000_000;
