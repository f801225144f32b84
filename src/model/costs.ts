/** What an attachment takes in virtual nanoseconds: the hypervisor makes the grants and maps the patient's memory for the ambulance. */
export const ATTACH_NS = 20_000;
