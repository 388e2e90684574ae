import { parentPort, workerData } from 'node:worker_threads';
import type { ThreadTask } from '../threads/thread-task.ts';
import { answerTo, type Question } from './answer.ts';

// The program of a thread that takes part in a walk.
answerTo(workerData as ThreadTask<Question>).then((answer) => parentPort?.postMessage(answer));
