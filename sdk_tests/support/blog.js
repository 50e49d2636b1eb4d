/** The schema most tests share: users write posts with tags, readers comment. */

export const autodates = [
    { name: "created", type: "autodate", onCreate: true },
    { name: "updated", type: "autodate", onCreate: true, onUpdate: true },
];

export const everyone = {
    listRule: "",
    viewRule: "",
    createRule: "",
    updateRule: "",
    deleteRule: "",
};

/** Create `tags`, `posts` and `comments`, open to everyone. */
export async function createBlog(root) {
    const tags = await root.collections.create({
        ...everyone,
        name: "tags",
        fields: [
            { name: "name", type: "text", required: true },
            { name: "weight", type: "number" },
        ],
        indexes: ["CREATE UNIQUE INDEX `idx_tags_name` ON `tags` (`name`)"],
    });
    const users = await root.collections.getOne("users");
    await root.collections.update("users", { listRule: "", viewRule: "" });
    const posts = await root.collections.create({
        ...everyone,
        name: "posts",
        fields: [
            { name: "title", type: "text", required: true, max: 200 },
            { name: "body", type: "editor" },
            { name: "views", type: "number" },
            { name: "active", type: "bool" },
            { name: "published", type: "date" },
            { name: "kinds", type: "select", maxSelect: 3, values: ["a", "b", "c"] },
            { name: "state", type: "select", maxSelect: 1, values: ["draft", "live"] },
            { name: "meta", type: "json" },
            { name: "place", type: "geoPoint" },
            { name: "link", type: "url" },
            { name: "secret", type: "text", hidden: true },
            { name: "author", type: "relation", collectionId: users.id, maxSelect: 1 },
            { name: "tags", type: "relation", collectionId: tags.id, maxSelect: 9 },
            ...autodates,
        ],
    });
    await root.collections.create({
        ...everyone,
        name: "comments",
        fields: [
            { name: "text", type: "text" },
            {
                name: "post",
                type: "relation",
                collectionId: posts.id,
                maxSelect: 1,
                cascadeDelete: true,
            },
        ],
    });
}

/** Create the records one after another, so that they keep this order. */
export async function createAll(service, list) {
    const records = [];
    for (const data of list) {
        records.push(await service.create(data));
    }
    return records;
}
