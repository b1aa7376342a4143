/** Versions the engine tells its clients. */

/** Of Gantry itself. */
export const ENGINE_VERSION = '0.1.0';

/** Minor numbers of the newest and oldest Docker Engine API spoken: 1.50 and 1.22. */
export const API_VERSION = 50;
export const MINIMUM_API_VERSION = 22;
