/**
 * onnxruntime's Linux builds report to their maker (since its pull request 27379), and leave logs and an identifier on the machine. Nobody
 * asked the owners of a cluster: unless the user has decided otherwise it is switched off, which counts only before the
 * library is initialised.
 */
process.env.ORT_DISABLE_TELEMETRY ??= '1';
