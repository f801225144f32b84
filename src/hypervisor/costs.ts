/** What a rescue costs in virtual time: the hypervisor maps a page, the ambulance's own CPU copies it. */

/** One read of a patient's memory, whatever its size. */
export const READ_NS = 40;
/** Each byte of it: 4 GB/s. */
export const READ_BYTE_NS = 0.25;
/** One register, or the state of one device. */
export const LOOK_NS = 200;
/** Making the grants of an attachment, or taking them back. */
export const ATTACH_NS = 20_000;
