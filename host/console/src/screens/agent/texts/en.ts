const texts = {
  inbox: "Inbox",
  conversation: "Conversation",
};

export default texts;
