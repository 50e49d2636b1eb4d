/** The ends at which the SDK's events arrive: streams, and callbacks that keep what they get. */
import assert from "node:assert/strict";

import { EventSource } from "eventsource";

const LIMIT_MS = 10_000;

/** What the SDK expects of a browser; `names` are those of all messages, listened to or not. */
export class Stream extends EventSource {
    names = [];

    dispatchEvent(event) {
        this.names.push(event.type);
        return super.dispatchEvent(event);
    }
}

/** Return a function with `events`, and `wait(count)` which resolves to them once there are enough. */
export function recorder() {
    const events = [];
    let look = () => {};
    const record = (event) => {
        events.push(event);
        look();
    };
    record.events = events;
    record.wait = (count) => new Promise((resolve, reject) => {
        const timer = setTimeout(
            () => reject(new assert.AssertionError({
                message: `${events.length} of ${count} events: ${JSON.stringify(events)}`,
            })),
            LIMIT_MS,
        );
        look = () => {
            if (events.length >= count) {
                clearTimeout(timer);
                resolve(events);
            }
        };
        look();
    });
    return record;
}
