use super::SUBJECT;

/// A retry is not an edit, whatever its form and its signed URLs.
#[test]
fn a_repeated_delivery_decodes_to_the_same_items() {
    for (first, again) in [
        ("comment", "comment_again"),
        ("comment", "comment_beside_the_entry"),
        ("dm_text", "dm_text_again"),
        ("dm_images", "dm_images_url_differs"),
        ("dm_story_reply", "dm_story_reply_url_differs"),
    ] {
        assert_eq!(SUBJECT.decode_case(first), SUBJECT.decode_case(again));
    }
}
