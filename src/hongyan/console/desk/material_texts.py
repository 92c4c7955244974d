"""What the pages of uploads, articles and news cards say."""

import msgspec

from hongyan.messages.media_kinds import MediaProblem


class MaterialTexts(msgspec.Struct, frozen=True):
    """One language. `{…}` fields are filled in by the page."""

    uploads: str
    articles: str
    cards: str
    lead: str
    # uploads
    kinds: dict[str, str]
    every_kind: str
    kind: str
    by_name: str
    file: str
    upload: str
    upload_hint: str
    no_uploads: str
    problems: dict[MediaProblem, str]
    not_kept: str
    size: str
    media_type: str
    uploaded: str
    media_id: str
    copy: str
    copied: str
    in_markdown: str
    in_article: str
    used_by: str
    uses: str
    unused: str
    not_counted: str
    delete: str
    delete_sure: str
    force: str
    still_used: str
    deleted: str
    save_file: str
    no_preview: str
    # articles
    account: str
    no_account: str
    which: dict[str, str]
    state: str
    draft: str
    published: str
    changed: str
    title: str
    updated: str
    published_at: str
    readers: str
    views: str
    readers_hint: str
    new_article: str
    edit: str
    no_articles: str
    articles_lead: str
    digest: str
    cover: str
    cover_hint: str
    content: str
    content_hint: str
    scope: str
    scopes: dict[int, str]
    scope_now: str
    forward: str
    preview: str
    preview_hint: str
    draft_text: str
    readers_text: str
    publish: str
    publish_again: str
    publish_sure: str
    article_delete_sure: str
    unpublished_changes: str
    limit: str
    too_big: str
    article_problems: dict[str, str]
    address: str
    gone: str
    # comments
    comments: str
    no_comments: str
    reader: str
    when: str
    feature: str
    unfeature: str
    hide: str
    show: str
    featured: str
    hidden: str
    # cards
    new_card: str
    no_cards: str
    cards_lead: str
    place: str
    first_place: str
    none: str
    card_drafts: str
    card_articles: str
    card_empty: str
    card_sure: str
    card_pick_hint: str
    card_problem: str
    looks: str


TEXTS: dict[str, MaterialTexts] = {
    "zh": MaterialTexts(
        uploads="素材",
        articles="文章",
        cards="图文卡片",
        lead="上传的图片、语音、视频和文件。消息、文章和服务号用 media_id 引用它们。",
        kinds={"image": "图片", "voice": "语音", "video": "视频", "file": "文件"},
        every_kind="全部类型",
        kind="类型",
        by_name="按文件名判断",
        file="选择文件",
        upload="上传",
        upload_hint="{kind}：{extensions}，最大 {limit} MB",
        no_uploads="还没有素材。在上面选择一个文件上传，或者调用 /media/upload。",
        problems={
            MediaProblem.EMPTY: "请选择一个有内容的文件。",
            MediaProblem.BAD_FORMAT: "作为{kind}只能上传 {extensions}，文件名和内容都要相符。",
            MediaProblem.TOO_LARGE: "文件太大，最多 {limit} MB。",
        },
        not_kept="服务器的磁盘写不进去，文件没有保存。磁盘恢复后请再试一次。",
        size="大小",
        media_type="内容类型",
        uploaded="上传时间",
        media_id="media_id",
        copy="复制",
        copied="已复制",
        in_markdown="在 Markdown 消息里",
        in_article="在文章里",
        used_by="引用情况",
        uses="{messages} 条消息、{articles} 篇文章、{accounts} 个服务号",
        unused="没有被引用",
        not_counted="写在 Markdown 正文和文章正文里的图片没有计入。",
        delete="删除",
        delete_sure="删除 {name}？引用它的地方会显示文件已不存在。",
        force="我知道还有内容在引用它",
        still_used="还有 {count} 处在引用它，没有删除。勾选下面的选项后可以删除。",
        deleted="已删除 {name}。",
        save_file="下载",
        no_preview="不能在页面里预览",
        account="服务号",
        no_account="还没有服务号，文章要属于一个服务号。",
        which={"": "全部", "published": "已发布", "draft": "未发布", "deleted": "已删除"},
        state="状态",
        draft="草稿",
        published="已发布",
        changed="有未发布的修改",
        title="标题",
        updated="修改时间",
        published_at="发布时间",
        readers="阅读人数",
        views="阅读次数",
        readers_hint="组织里打开过的人数；次数包含重复打开和组织外的打开",
        new_article="写文章",
        edit="编辑",
        no_articles="这里还没有文章。",
        articles_lead="文章先是草稿，发布后读者才能看到；再次修改也只改草稿，直到重新发布。",
        digest="摘要",
        cover="封面 media_id",
        cover_hint="从素材里复制，可以不填",
        content="正文（HTML）",
        content_hint='脚本、样式和不认识的标签会被去掉；图片请用素材的 media_id，例如 <img src="@…">。',
        scope="谁可以打开",
        scopes={0: "仅组织成员", 1: "所有人"},
        scope_now="可见范围和转发立即生效，不需要重新发布。",
        forward="允许转发",
        preview="预览",
        preview_hint="读者看到的样子。预览在隔离的框架里显示，不会运行任何脚本。",
        draft_text="草稿",
        readers_text="读者看到的版本",
        publish="发布",
        publish_again="发布修改",
        publish_sure="发布后，可见范围内的人马上能看到。发布《{title}》？",
        article_delete_sure="删除《{title}》？删除后任何人都打不开，且不能恢复。",
        unpublished_changes="草稿和读者看到的版本不一样。",
        limit="最多 {count} 个字符",
        too_big="正文太大了。",
        article_problems={
            "title": "请填写标题，最多 64 个字符。",
            "content": "请填写正文，最多 1048576 个字符。",
            "digest": "摘要最多 120 个字符。",
            "thumb_media_id": "没有这个封面素材。",
        },
        address="链接",
        gone="这篇文章已删除。",
        comments="评论",
        no_comments="还没有评论。",
        reader="读者",
        when="时间",
        feature="设为精选",
        unfeature="取消精选",
        hide="隐藏",
        show="恢复显示",
        featured="精选",
        hidden="已隐藏",
        new_card="新建卡片",
        no_cards="这个服务号还没有图文卡片。",
        cards_lead="一张卡片包含 1 到 8 篇文章，用 news_card 消息发送；只有一篇的也可以用 single_news_card。",
        place="第 {number} 篇",
        first_place="头条",
        none="（空）",
        card_drafts="有未发布的文章，还不能发送",
        card_articles="文章",
        card_empty="请至少选择一篇文章。",
        card_sure="删除这张卡片？已经发出的消息会显示卡片已不存在。",
        card_pick_hint="可以选择最近的 {count} 篇文章；未发布的文章可以先放进来，发布后才能发送。",
        card_problem="有一篇文章不存在，或者不属于这个服务号。",
        looks="在聊天里的样子",
    ),
    "en": MaterialTexts(
        uploads="Uploads",
        articles="Articles",
        cards="News cards",
        lead="Uploaded pictures, sounds, videos and files. Messages, articles and accounts refer to them by media_id.",
        kinds={"image": "Picture", "voice": "Voice", "video": "Video", "file": "File"},
        every_kind="All kinds",
        kind="Kind",
        by_name="As its name says",
        file="File",
        upload="Upload",
        upload_hint="{kind}: {extensions}, up to {limit} MB",
        no_uploads="No uploads yet. Choose a file above, or call /media/upload.",
        problems={
            MediaProblem.EMPTY: "Choose a file that is not empty.",
            MediaProblem.BAD_FORMAT: "As {kind} only {extensions} can be uploaded, by name and by content.",
            MediaProblem.TOO_LARGE: "The file is too large: at most {limit} MB.",
        },
        not_kept="The server's disk did not take it, and nothing was kept. Try again once the disk works.",
        size="Size",
        media_type="Content type",
        uploaded="Uploaded",
        media_id="media_id",
        copy="Copy",
        copied="Copied",
        in_markdown="In a Markdown message",
        in_article="In an article",
        used_by="Used by",
        uses="messages: {messages}, articles: {articles}, accounts: {accounts}",
        unused="Nothing refers to it",
        not_counted="Pictures inside the text of Markdown messages and articles are not counted.",
        delete="Delete",
        delete_sure="Delete {name}? What refers to it will show that the file is gone.",
        force="I know that something refers to it",
        still_used="{count} things still refer to it, so it was not deleted. Tick the box below to delete it all the same.",
        deleted="{name} is deleted.",
        save_file="Download",
        no_preview="Cannot be shown on a page",
        account="Account",
        no_account="There is no service account yet, and an article belongs to one.",
        which={"": "All", "published": "Published", "draft": "Not published", "deleted": "Deleted"},
        state="State",
        draft="Draft",
        published="Published",
        changed="Changes not published",
        title="Title",
        updated="Changed",
        published_at="Published",
        readers="Readers",
        views="Openings",
        readers_hint="People of the organisation who opened it; openings count repetitions and strangers too",
        new_article="New article",
        edit="Edit",
        no_articles="No articles here yet.",
        articles_lead="An article is a draft until it is published; changing it later changes the draft again, until it is published once more.",
        digest="Digest",
        cover="Cover (media_id)",
        cover_hint="Copy it from an upload; may be left out",
        content="Text (HTML)",
        content_hint='Scripts, styles and unknown tags are taken out. For pictures use the media_id of an upload, as in <img src="@…">.',
        scope="Who may open it",
        scopes={0: "The organisation", 1: "Everyone"},
        scope_now="Who may open it, and forwarding, change at once, without publishing.",
        forward="May be forwarded",
        preview="Preview",
        preview_hint="As readers see it. The preview stands in a frame of its own in which no script runs.",
        draft_text="Draft",
        readers_text="What readers see",
        publish="Publish",
        publish_again="Publish the changes",
        publish_sure="Readers see it at once. Publish “{title}”?",
        article_delete_sure="Delete “{title}”? Nobody can open it any more, and it cannot be brought back.",
        unpublished_changes="The draft differs from what readers see.",
        limit="at most {count} characters",
        too_big="The text is too large.",
        article_problems={
            "title": "Give a title of at most 64 characters.",
            "content": "Give a text of at most 1048576 characters.",
            "digest": "The digest can have at most 120 characters.",
            "thumb_media_id": "There is no such upload for the cover.",
        },
        address="Address",
        gone="This article is deleted.",
        comments="Comments",
        no_comments="No comments yet.",
        reader="Reader",
        when="Time",
        feature="Feature",
        unfeature="Do not feature",
        hide="Hide",
        show="Show again",
        featured="featured",
        hidden="hidden",
        new_card="New card",
        no_cards="This account has no news cards yet.",
        cards_lead="A card holds one to eight articles and is sent as news_card; one with a single article also as single_news_card.",
        place="Article {number}",
        first_place="Leading article",
        none="(none)",
        card_drafts="Has articles that are not published: it cannot be sent yet",
        card_articles="Articles",
        card_empty="Choose at least one article.",
        card_sure="Delete this card? Messages that show it will say that it is gone.",
        card_pick_hint="The newest {count} articles can be chosen. Drafts may be put in, but the card can be sent only when all are published.",
        card_problem="One of the articles does not exist, or belongs to another account.",
        looks="As it looks in a chat",
    ),
}
