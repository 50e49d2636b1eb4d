/**
 * The workers of one server. Which of them gets a connection is chance, so a test that needs a
 * certain one opens connections until it has it.
 */
import { Agent, request } from "node:http";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const MAX_TRIES = 200;

/** Return the arguments of a `pbpy serve` whose workers say who they are. */
export function workerArgs(count) {
    const hooks = fileURLToPath(new URL("hooks", import.meta.url));
    return ["--workers", `${count}`, "--hooksDir", hooks];
}

/** Return one door to each of `count` workers, which are asked by their own connection. */
export async function openDoors(url, count) {
    const doors = new Map();
    for (let tries = 0; doors.size < count; tries += 1) {
        if (tries === MAX_TRIES) {
            throw new Error(`${doors.size} of ${count} workers answered`);
        }
        const door = await openDoor(url);
        if (doors.has(door.pid)) {
            door.close();
        } else {
            doors.set(door.pid, door);
        }
    }
    return [...doors.values()];
}

async function openDoor(url) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const fetch = (target, options) => fetchBy(agent, target, options);
    const ask = async () => (await fetch(`${url}/worker`)).json();
    const { pid } = await ask();
    agent.createConnection = () => {
        throw new Error(`the connection to worker ${pid} has ended`);
    };
    return {
        pid,
        fetch,
        /** Tell whether the worker has the stream of `pb`. */
        holds: async (pb) => (await ask()).streams.includes(pb.realtime.clientId),
        close: () => agent.destroy(),
    };
}

async function fetchBy(agent, url, options = {}) {
    const wanted = new Request(url, options);
    const content = Buffer.from(await wanted.arrayBuffer());
    const headers = Object.fromEntries(wanted.headers);
    const { method, signal } = wanted;
    const message = await new Promise((resolve, reject) => {
        const sent = request(url, { agent, method, headers, signal }, resolve);
        sent.once("error", reject).end(content);
    });
    const answer = await text(message);
    return new Response(answer || null, { status: message.statusCode, headers: message.headers });
}

/** Have the requests of `pb`, but not its stream, pass a door; returns it. */
export function through(door, pb) {
    pb.beforeSend = (url, options) => ({ url, options: { ...options, fetch: door.fetch } });
    return pb;
}

/** Have the worker behind a door hold the stream of `pb`, which has no subscription yet. */
export async function openStream(pb, door) {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
        await pb.realtime.subscribe("PB_CONNECT", () => {});
        if (await door.holds(pb)) {
            return;
        }
        await pb.realtime.unsubscribe();
    }
    throw new Error(`no stream came to worker ${door.pid}`);
}
