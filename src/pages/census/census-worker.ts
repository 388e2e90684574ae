import { parentPort, workerData } from 'node:worker_threads';
import type { ThreadTask } from './thread-task.ts';
import { answerTo } from './thread-work.ts';

// The program of a thread that takes part in a census.
answerTo(workerData as ThreadTask).then((answer) => parentPort?.postMessage(answer));
