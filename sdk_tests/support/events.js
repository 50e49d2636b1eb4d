/** A callback that keeps what it is called with. */
import assert from "node:assert/strict";

const LIMIT_MS = 10_000;

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
